#include "backend/calibration/density/density_aware_scaling.h"
#include "backend/calibration/density/density_bank.h"
#include "backend/data/catalogue.h"
#include "backend/models/model_file.h"
#include "backend/models/parallel.h"
#include "tests/support/peak_memory.h"

#include <benchmark/benchmark.h>
#include <faiss/IndexFlat.h>
#include <malloc.h>
#include <omp.h>
#include <torch/types.h>

#include <iterator>

// The neighbour search of densities against Debian's faiss (IndexFlatL2, exact as well) on the same features
// in one process: a bank of Fashion-MNIST's training images and queries of its test images, as the layers of
// fashion-cnn see them. Both multiply by the same BLAS. Arguments: layer, size of the bank, threads. Items
// are queries; peak_MiB is the growth of the process's peak over what was resident before, results included;
// off is the largest difference of the two's distances. Build: cmake -DASSAY_BUILD_BENCH=ON with
// libfaiss-dev; run pinned, on an idle machine.

namespace {

using namespace assay;

constexpr std::int64_t kNeighbours = 50;
constexpr std::int64_t kQueries = 2000;
constexpr std::int64_t kTestImages = 10000;
constexpr std::int64_t kLargestBank = 60000;
constexpr double kMebi = 1 << 20;

struct Features
{
    calibration::LayerFeatures bank;
    calibration::LayerFeatures queries;

    Features()
    {
        const auto model = models::loadModel(ASSAY_BENCH_ZOO "/fashion-cnn.json", torch::kCPU);
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        const auto of = [&](data::Split split, std::int64_t n) {
            return calibration::layerFeatures(
                *model, set->images(split, torch::arange(n, torch::kInt64), torch::kCPU),
                calibration::densityLayers(*model));
        };
        bank = of(data::Split::Train, kLargestBank);
        queries = of(data::Split::Test, kTestImages);
    }
};

const Features& features()
{
    static const Features all;
    return all;
}

struct Sides
{
    torch::Tensor bank;
    torch::Tensor queries;

    explicit Sides(const benchmark::State& state)
        : bank(features().bank.vectors.at(std::size_t(state.range(0))).slice(0, 0, state.range(1)))
        , queries(features().queries.vectors.at(std::size_t(state.range(0))).slice(0, 0, kQueries))
    {
        models::setWorkerThreads(int(state.range(2)));
        omp_set_num_threads(int(state.range(2)));
    }
};

void report(benchmark::State& state, const Sides& sides, std::int64_t before)
{
    state.SetItemsProcessed(state.iterations() * kQueries);
    state.counters["width"] = static_cast<double>(sides.bank.size(1));
    state.counters["peak_MiB"] = static_cast<double>(test::residentMemory("VmHWM") - before) / kMebi;
    state.SetLabel(features().bank.layers.at(std::size_t(state.range(0))));
}

std::int64_t startOfMemory()
{
    malloc_trim(0);
    test::forgetPeakMemory();
    return test::residentMemory("VmRSS");
}

torch::Tensor distancesOfFaiss(const faiss::IndexFlatL2& index, const torch::Tensor& queries)
{
    torch::Tensor distances = torch::empty({queries.size(0), kNeighbours});
    torch::Tensor labels = torch::empty({queries.size(0), kNeighbours}, torch::kInt64);
    index.search(queries.size(0), queries.data_ptr<float>(), kNeighbours, distances.data_ptr<float>(),
                 labels.data_ptr<std::int64_t>());
    return distances;
}

void ours(benchmark::State& state)
{
    const Sides sides(state);
    const calibration::NeighbourSearch search(sides.bank);
    const std::int64_t before = startOfMemory();
    for (auto _ : state)
        benchmark::DoNotOptimize(search.search(sides.queries, kNeighbours).distances.data_ptr());
    report(state, sides, before);
}

void faissFlat(benchmark::State& state)
{
    const Sides sides(state);
    faiss::IndexFlatL2 index(sides.bank.size(1));
    index.add(sides.bank.size(0), sides.bank.contiguous().data_ptr<float>());
    const torch::Tensor queries = sides.queries.contiguous();
    const std::int64_t before = startOfMemory();
    for (auto _ : state)
        benchmark::DoNotOptimize(distancesOfFaiss(index, queries).data_ptr());
    report(state, sides, before);
    const torch::Tensor own = calibration::NeighbourSearch(sides.bank).search(queries, kNeighbours).distances;
    state.counters["off"] = (own - distancesOfFaiss(index, queries)).abs().max().item<double>();
}

/// The whole fit of Density-Aware Calibration on 10,000 images: five starts, all layers. Scores are made
/// before.
void fitOfScaling(benchmark::State& state)
{
    models::setWorkerThreads(static_cast<int>(state.range(0)));
    const calibration::LayerFeatures& samples = features().queries;
    const torch::Tensor labels = data::DatasetCatalogue().open("fashion-mnist")->labels(data::Split::Test);
    const calibration::FitSet set(samples.logits, labels);
    const torch::Tensor scores =
        calibration::DensityBank(features().bank).scores(samples, {.k = kNeighbours});
    for (auto _ : state) {
        const calibration::DacFit fit = calibration::fitDensityAwareScaling(set, scores);
        state.counters["loss"] = fit.loss;
        state.counters["iterations"] = fit.iterations;
        state.counters["converged"] = fit.converged ? 1 : 0;
        state.counters["bias"] = fit.scaling.bias();
    }
}

void addSearches(const char* name, void (*run)(benchmark::State&))
{
    auto* bench = benchmark::RegisterBenchmark(name, run);
    for (std::int64_t layer = 0; layer < std::ssize(features().bank.layers); ++layer) {
        for (const std::int64_t bank : {std::int64_t(10000), kLargestBank}) {
            for (const std::int64_t threads : {1, 2})
                bench->Args({layer, bank, threads});
        }
    }
    bench->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    addSearches("ours", ours);
    addSearches("faiss", faissFlat);
    benchmark::RegisterBenchmark("fit", fitOfScaling)
        ->Arg(1)
        ->Arg(2)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
