#include "backend/attacks/registry.h"
#include "backend/attacks/scripted/script_attack.h"
#include "backend/data/catalogue.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"

#include <benchmark/benchmark.h>

#include <ATen/Parallel.h>
#include <QProcess>
#include <QTemporaryDir>
#include <torch/types.h>
#include <torch/version.h>

#include <iostream>
#include <malloc.h>

// What a scripted MI-FGSM costs beside the built-in one: the same images, network, steps and results, in one
// process and one thread. Run with --benchmark_enable_random_interleaving=true and compare medians of CPU
// time.

namespace {

using namespace assay;

constexpr std::int64_t kImages = 250;
constexpr attacks::Budget kBudget{.eps = 0.1, .steps = 10};

struct Subject
{
    std::shared_ptr<const models::Model> model;
    torch::Tensor x, y;
};

Subject subject(const std::string& name)
{
    const auto model = models::ModelLibrary({ASSAY_BENCH_ZOO}).open(name, torch::kCPU);
    const auto set = data::DatasetCatalogue().open("fashion-mnist");
    return {model, set->images(data::Split::Test, torch::arange(kImages), torch::kCPU),
            set->labels(data::Split::Test).narrow(0, 0, kImages)};
}

void measure(benchmark::State& state, const std::string& name, const attacks::Attack& attack)
{
    const Subject s = subject(name);
    attacks::AttackResult result;
    for ([[maybe_unused]] auto iteration : state)
        result = attack.run(*s.model, s.x, s.y, kBudget);
    state.SetItemsProcessed(state.iterations() * kImages);
    state.counters["success"] = result.success.to(torch::kFloat64).mean().item<double>();
}

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    at::set_num_threads(1);
    models::setWorkerThreads(1);
    const QTemporaryDir folder;
    if (QProcess::execute("/usr/bin/python3", {ASSAY_BENCH_ZOO "/../../plugins/examples/scripted/mi_fgsm.py",
                                               folder.path()}) != 0) {
        std::cerr << "bench_attack_scripted: mi_fgsm.py did not write its attack\n";
        return 1;
    }
    attacks::AttackRegistry& registry = attacks::attacks();
    registry.add(attacks::openScriptAttack(folder.filePath("mi_fgsm.pt").toStdString()).entry);
    const auto builtIn = registry.make("mi-fgsm");
    const auto script = registry.make("script:mi_fgsm");
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    for (const std::string name : {"fashion-cnn", "fashion-resnet", "fashion-mlp"}) {
        const auto add = [&](const char* who, const attacks::Attack* attack) {
            benchmark::RegisterBenchmark(
                (who + ("/" + name)).c_str(),
                [name, attack](benchmark::State& state) { measure(state, name, *attack); })
                ->Iterations(1)
                ->Repetitions(9)
                ->MeasureProcessCPUTime()
                ->Unit(benchmark::kMillisecond);
        };
        add("built_in", builtIn.get());
        add("scripted", script.get());
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
