#include "tests/backend/data/images/photo_folder.h"
#include "tests/support/peak_memory.h"

#include <benchmark/benchmark.h>

#include <QTemporaryDir>
#include <torch/types.h>

// What a data set of picture files costs in memory with its usual bounds: 4000 JPEGs of 640 x 480 (3.4 GiB of
// pixels) are read twice in batches of 64, as thumbnails after that. Growth of the process's peak against the
// bounds; counters in MiB.

namespace {

using namespace assay;

constexpr int kCount = 4000;
constexpr std::int64_t kBatch = 64;
constexpr double kMebi = 1 << 20;

void lazyMemory(benchmark::State& state)
{
    const QTemporaryDir dir;
    data::ImageShape shape;
    shape.height = 480;
    shape.width = 640;
    const data::ImageMemory memory;
    const auto set = std::make_shared<data::LazyImageDataset>(
        data::DatasetInfo{.name = "photos"}, test::writePhotos(dir.path().toStdString(), kCount, 480, 640),
        data::ImageRoot(dir.path().toStdString()), shape, memory);
    set->pixelsOf(data::Split::Train, torch::arange(4));
    test::forgetPeakMemory();
    const std::int64_t before = test::residentMemory("VmRSS");
    for (auto _ : state) {
        for (int pass = 0; pass < 2; ++pass) {
            for (std::int64_t at = 0; at < kCount; at += kBatch)
                benchmark::DoNotOptimize(
                    set->pixelsOf(data::Split::Train,
                                  torch::arange(at, std::min<std::int64_t>(at + kBatch, kCount)))
                        .data_ptr());
        }
        for (std::int64_t at = 0; at < kCount; at += kBatch)
            set->thumbnails(data::Split::Train,
                            torch::arange(at, std::min<std::int64_t>(at + kBatch, kCount)), 96);
    }
    state.SetItemsProcessed(state.iterations() * kCount * 3);
    state.counters["decoded_MiB"] = static_cast<double>(kCount * shape.bytes()) / kMebi;
    state.counters["growth_MiB"] = static_cast<double>(test::residentMemory("VmHWM") - before) / kMebi;
    state.counters["bound_MiB"] =
        static_cast<double>(memory.pixelBytes + memory.thumbnailBytes + kBatch * shape.bytes()) / kMebi;
}
BENCHMARK(lazyMemory)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

} // namespace

BENCHMARK_MAIN();
