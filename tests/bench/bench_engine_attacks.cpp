#include "backend/attacks/registry.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/parallel.h"

#include <benchmark/benchmark.h>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <algorithm>
#include <dlfcn.h>
#include <malloc.h>

// How much a PGD step costs beyond the forward pass and input gradient it cannot do without. Both sides run
// the same folded model on the same batch in chunks of the same size in one thread; run with
//   --benchmark_enable_random_interleaving=true
// and compare the medians of CPU time: pgd / gradient is the overhead factor.

namespace {

using namespace assay;

constexpr std::int64_t kImages = models::kChunkImages;
constexpr int kSteps = 5;

std::shared_ptr<const models::Model> model(const std::string& architecture)
{
    models::ModelCard card;
    card.name = architecture;
    card.architecture = architecture;
    card.input = {.channels = 1, .height = 28, .width = 28, .mean = {0.286}, .stddev = {0.353}};
    card.classes.resize(10);
    const auto network = models::makeNetwork(architecture, {}, card.input, 10);
    models::initialise(*network, at::detail::createCPUGenerator(1));
    return std::make_shared<const models::Model>(network, card);
}

torch::Tensor images()
{
    return torch::empty({kImages, 1, 28, 28}).uniform_(0, 1, at::detail::createCPUGenerator(2));
}

/// Forward and backward alone, as the shortest program would do them.
void gradient(benchmark::State& state, const std::string& architecture)
{
    const auto subject = model(architecture);
    const torch::Tensor x = images();
    const torch::Tensor y = torch::arange(kImages).remainder(10);
    for ([[maybe_unused]] auto iteration : state) {
        for (int t = 0; t < kSteps; ++t) {
            const torch::Tensor leaf = x.detach().requires_grad_(true);
            const torch::Tensor loss =
                at::cross_entropy_loss(subject->logits(leaf), y, {}, at::Reduction::Sum);
            const torch::Tensor g = torch::autograd::grad({loss}, {leaf})[0];
            benchmark::DoNotOptimize(g.data_ptr());
        }
    }
    state.SetItemsProcessed(state.iterations() * kImages * kSteps);
}

void pgd(benchmark::State& state, const std::string& architecture, attacks::Norm norm)
{
    const auto subject = model(architecture);
    const torch::Tensor x = images();
    const torch::Tensor y = torch::arange(kImages).remainder(10);
    const auto attack = attacks::attacks().make("pgd", {{"random_start", false}});
    const attacks::Budget budget = {
        .norm = norm, .eps = norm == attacks::Norm::L2 ? 1.0 : 0.1, .steps = kSteps};
    for ([[maybe_unused]] auto iteration : state) {
        const auto result = attack->run(*subject, x, y, budget);
        benchmark::DoNotOptimize(result.adversarial.data_ptr());
    }
    state.SetItemsProcessed(state.iterations() * kImages * kSteps);
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
    bench->MinWarmUpTime(0.2)->Repetitions(9)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
    bench->ComputeStatistics(
        "best", [](const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); });
}

} // namespace

int main(int argc, char** argv)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    at::set_num_threads(1);
    assay::models::setWorkerThreads(1);
    addContext();
    for (const std::string architecture : {"small_cnn", "resnet", "mlp"}) {
        configure(benchmark::RegisterBenchmark(("gradient/" + architecture).c_str(), gradient, architecture));
        configure(benchmark::RegisterBenchmark(("pgd_linf/" + architecture).c_str(), pgd, architecture,
                                               attacks::Norm::Linf));
        configure(benchmark::RegisterBenchmark(("pgd_l2/" + architecture).c_str(), pgd, architecture,
                                               attacks::Norm::L2));
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
