#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/parallel.h"
#include "tests/backend/models/onnx/exported.h"
#include "tests/backend/models/torchscript/scripts.h"

#include <benchmark/benchmark.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <iostream>
#include <malloc.h>

// What it costs that a network came as an ONNX or TorchScript file and not as weights for a built-in
// architecture: the same structure, both folded as Model folds them, in one process and one thread. Run with
// --benchmark_enable_random_interleaving=true and compare medians of CPU time; the goal is a ratio of 1.1.

namespace {

using namespace assay;
using namespace assay::models;

struct Pair
{
    std::string name;
    std::shared_ptr<Network> fromFile, builtIn;
    torch::Tensor x;
};

Pair pairOf(const std::string& name, std::shared_ptr<Network> fromFile, const std::string& architecture,
            std::int64_t classes, const torch::Tensor& x)
{
    InputSpec input{.channels = x.size(1), .height = x.size(2), .width = x.size(3)};
    input.mean.assign(std::size_t(x.size(1)), 0.0);
    input.stddev.assign(std::size_t(x.size(1)), 1.0);
    auto builtIn = makeNetwork(architecture, Json::object(), input, classes);
    initialise(*builtIn, at::detail::createCPUGenerator(1));
    for (Network* network : {fromFile.get(), builtIn.get()}) {
        network->eval();
        network->fold();
        for (torch::Tensor& parameter : network->parameters())
            parameter.requires_grad_(false);
    }
    return {name, std::move(fromFile), std::move(builtIn), x};
}

void addOnnx(std::vector<Pair>& pairs, const tests::ExportedModels& models, const std::string& file,
             const std::string& architecture, std::int64_t classes, const torch::Tensor& x)
{
    pairs.push_back(pairOf("onnx/" + architecture + "/" + std::to_string(x.size(3)),
                           tests::networkOf(models.named(file).file), architecture, classes, x));
}

void addScript(std::vector<Pair>& pairs, const Scripts& scripts, const std::string& architecture,
               const torch::Tensor& x)
{
    const ModelImport import =
        inspectScript(scripts.file("builtin_" + architecture),
                      {.channels = x.size(1), .height = x.size(2), .width = x.size(3)});
    pairs.push_back(pairOf("torchscript/" + architecture, openNetwork(import), architecture, 10, x));
}

void forward(Network& network, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    network.forward(x);
}

void gradient(Network& network, const torch::Tensor& x)
{
    const torch::Tensor pixels = x.detach().requires_grad_(true);
    torch::autograd::grad({network.forward(pixels).sum()}, {pixels});
}

using Work = void (*)(Network&, const torch::Tensor&);

void addBenchmark(const std::string& name, const std::shared_ptr<Network>& network, const torch::Tensor& x,
                  Work work)
{
    benchmark::RegisterBenchmark(name.c_str(),
                                 [network, x, work](benchmark::State& state) {
                                     work(*network, x); // finds its memory
                                     for ([[maybe_unused]] auto iteration : state)
                                         work(*network, x);
                                     state.SetItemsProcessed(state.iterations() * x.size(0));
                                 })
        ->Iterations(3)
        ->Repetitions(15)
        ->MeasureProcessCPUTime()
        ->Unit(benchmark::kMillisecond);
}

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    at::set_num_threads(1);
    models::setWorkerThreads(1);
    const tests::ExportedModels exported;
    Scripts scripts;
    const std::string failure = exported.failure() + scripts.make().toStdString();
    if (!failure.empty()) {
        std::cerr << "bench_model_forms: " << failure << '\n';
        return 1;
    }
    std::vector<Pair> pairs;
    addOnnx(pairs, exported, "cnn13", "small_cnn", 10, torch::rand({25, 3, 32, 32}));
    addOnnx(pairs, exported, "resnet13", "resnet18", 20, torch::rand({4, 3, 64, 64}));
    addOnnx(pairs, exported, "resnet13", "resnet18", 20, torch::rand({4, 3, 224, 224}));
    addScript(pairs, scripts, "small_cnn", torch::rand({50, 1, 28, 28}));
    addScript(pairs, scripts, "resnet18", torch::rand({8, 3, 64, 64}));
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    for (const Pair& pair : pairs) {
        addBenchmark(pair.name + "/forward/file", pair.fromFile, pair.x, forward);
        addBenchmark(pair.name + "/forward/built_in", pair.builtIn, pair.x, forward);
        addBenchmark(pair.name + "/gradient/file", pair.fromFile, pair.x, gradient);
        addBenchmark(pair.name + "/gradient/built_in", pair.builtIn, pair.x, gradient);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
