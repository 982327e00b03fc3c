#include "backend/attacks/registry.h"
#include "backend/data/catalogue.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"
#include "plain_apgd.h"

#include <benchmark/benchmark.h>

#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <dlfcn.h>
#include <iostream>
#include <malloc.h>
#include <sys/resource.h>

// PGD and APGD with 40 steps on trained models and real images, in one process and one thread:
//   plain_loop  as Python libraries run it: batch norm not folded, NCHW, weights that require gradients, the
//               gradient asked for the images only, the whole batch of 250 at once, every step (their
//               operators are the same, so this stands in for them)
//   plain_apgd  the same of APGD
//   all_steps, apgd   ours, every sample every step
//   stopping, apgd_stopping   ours, samples that are fooled leave the batch
//   bare        forward and input gradient of the prepared model, 40 times, in the chunks we use, and nothing
//   else
// Run with --benchmark_enable_random_interleaving=true and compare medians of CPU time; `success` is the
// share of images fooled, which must be equal for the comparison to mean anything.

namespace {

using namespace assay;

constexpr std::int64_t kImages = 250;
constexpr int kSteps = 40;
constexpr double kEps = 0.1;
constexpr double kStepSize = 0.01;

struct Subject
{
    std::shared_ptr<const models::Model> model;
    torch::Tensor x, y;
};

/// The first images that the model classifies correctly.
Subject subject(const std::string& name)
{
    const auto model = models::ModelLibrary({ASSAY_BENCH_ZOO}).open(name, torch::kCPU);
    const auto set = data::DatasetCatalogue().open("fashion-mnist");
    const torch::Tensor ids = torch::arange(2 * kImages);
    const torch::Tensor x = set->images(data::Split::Test, ids, torch::kCPU);
    const torch::Tensor y = set->labels(data::Split::Test).narrow(0, 0, 2 * kImages);
    const torch::Tensor rows = (models::predict(*model, x) == y).nonzero().flatten().narrow(0, 0, kImages);
    return {model, x.index_select(0, rows), y.index_select(0, rows)};
}

void finish(benchmark::State& state, const Subject& s, const torch::Tensor& adversarial)
{
    state.SetItemsProcessed(state.iterations() * kImages);
    if (adversarial.defined())
        state.counters["success"] =
            (models::predict(*s.model, adversarial) != s.y).to(torch::kFloat64).mean().item<double>();
}

void plainLoop(benchmark::State& state, const std::string& name)
{
    const Subject s = subject(name);
    const bench::PlainNetwork network(*s.model);
    if (!torch::allclose(network.logits(s.x), s.model->logits(s.x), 1e-3, 1e-3))
        return state.SkipWithError("the plain network answers otherwise");
    torch::Tensor now;
    for ([[maybe_unused]] auto iteration : state) {
        now = s.x.clone();
        for (int t = 0; t < kSteps; ++t) {
            now.requires_grad_(true);
            const torch::Tensor loss = at::cross_entropy_loss(network.logits(now), s.y);
            const torch::Tensor g = torch::autograd::grad({loss}, {now})[0];
            now = now.detach() + kStepSize * g.sign();
            now = (s.x + (now - s.x).clamp(-kEps, kEps)).clamp(0, 1);
        }
        benchmark::DoNotOptimize(now.data_ptr());
    }
    finish(state, s, now);
}

void plainApgdLoop(benchmark::State& state, const std::string& name)
{
    const Subject s = subject(name);
    const bench::PlainNetwork network(*s.model);
    torch::Tensor adversarial;
    for ([[maybe_unused]] auto iteration : state)
        adversarial = bench::plainApgd(network, s.x, s.y, float(kEps), kSteps);
    finish(state, s, adversarial);
}

void ours(benchmark::State& state, const std::string& name, const std::string& id, bool stops)
{
    const Subject s = subject(name);
    const bool pgd = id == "pgd";
    const auto attack = attacks::attacks().make(id, pgd ? Json{{"random_start", false}} : Json::object());
    attacks::AttackResult result;
    for ([[maybe_unused]] auto iteration : state)
        result =
            attack->run(*s.model, s.x, s.y, {.eps = kEps, .steps = kSteps, .stepSize = pgd ? kStepSize : 0},
                        {.stopWhenFooled = stops});
    finish(state, s, result.adversarial);
    state.counters["gradients"] = double(result.gradientImages) / double(kImages);
}

void bare(benchmark::State& state, const std::string& name)
{
    const Subject s = subject(name);
    for ([[maybe_unused]] auto iteration : state) {
        models::forEachChunk(
            kImages, models::kChunkImages, torch::kCPU, [&](std::int64_t first, std::int64_t n) {
                const torch::Tensor x = s.x.narrow(0, first, n), y = s.y.narrow(0, first, n);
                for (int t = 0; t < kSteps; ++t) {
                    const torch::Tensor leaf = x.detach().requires_grad_(true);
                    const torch::Tensor loss =
                        at::cross_entropy_loss(s.model->logits(leaf), y, {}, at::Reduction::Sum);
                    const torch::Tensor g = torch::autograd::grad({loss}, {leaf})[0];
                    benchmark::DoNotOptimize(g.data_ptr());
                }
            });
    }
    finish(state, s, {});
}

void addContext()
{
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    benchmark::AddCustomContext("intra-op threads", std::to_string(at::get_num_threads()));
    benchmark::AddCustomContext("worker threads", std::to_string(models::workerThreads()));
    // Present only when OpenBLAS is the BLAS that was loaded.
    if (auto* name = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename")))
        benchmark::AddCustomContext("OpenBLAS core", name());
}

void configure(benchmark::internal::Benchmark* bench)
{
    bench->Iterations(1)->Repetitions(5)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
}

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    at::set_num_threads(1);
    models::setWorkerThreads(1);
    addContext();
    for (const std::string name : {"fashion-cnn", "fashion-resnet", "fashion-mlp"}) {
        configure(benchmark::RegisterBenchmark(("plain_loop/" + name).c_str(), plainLoop, name));
        configure(benchmark::RegisterBenchmark(("all_steps/" + name).c_str(), ours, name, "pgd", false));
        configure(benchmark::RegisterBenchmark(("stopping/" + name).c_str(), ours, name, "pgd", true));
        configure(benchmark::RegisterBenchmark(("plain_apgd/" + name).c_str(), plainApgdLoop, name));
        configure(benchmark::RegisterBenchmark(("apgd/" + name).c_str(), ours, name, "apgd-ce", false));
        configure(
            benchmark::RegisterBenchmark(("apgd_stopping/" + name).c_str(), ours, name, "apgd-ce", true));
        configure(benchmark::RegisterBenchmark(("bare/" + name).c_str(), bare, name));
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::cout << "peak memory of the process: " << usage.ru_maxrss / 1024 << " MiB\n";
}
