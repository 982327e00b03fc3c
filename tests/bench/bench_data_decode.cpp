#include "backend/data/catalogue.h"
#include "backend/data/images/lazy_image_dataset.h"
#include "backend/data/images/prefetcher.h"
#include "backend/imaging/image_codec.h"

#include <benchmark/benchmark.h>

#include <QTemporaryDir>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <torch/types.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

// Decoding a folder of 224 x 224 JPEGs, read as a study reads it, against the shortest program that does
// nothing but cv::imdecode on all cores with the files' bytes. Run with
//   --benchmark_enable_random_interleaving=true
// and compare items_per_second: the ratio to "bare" is what the data set costs.

namespace {

using namespace assay;

constexpr std::int64_t kImages = 1024;
constexpr std::int64_t kBatch = 128;
constexpr int kSide = 224;

std::string nameOf(std::int64_t i)
{
    return "c" + std::to_string(i % 10) + "/" + std::to_string(i) + ".jpg";
}

/// Fashion-MNIST scaled up and coloured, in ten class folders; removed at the end.
const std::filesystem::path& folder()
{
    static const QTemporaryDir dir;
    static const std::filesystem::path root = [] {
        const std::filesystem::path path = dir.path().toStdString();
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        const torch::Tensor pixels = set->pixels(data::Split::Train);
        for (std::int64_t i = 0; i < kImages; ++i) {
            const torch::Tensor grey = imaging::resize(pixels[i], kSide, kSide);
            cv::Mat mat(kSide, kSide, CV_8U, grey.data_ptr());
            cv::Mat colour;
            cv::applyColorMap(mat, colour, cv::COLORMAP_TURBO);
            const std::filesystem::path file = path / nameOf(i);
            std::filesystem::create_directories(file.parent_path());
            cv::imwrite(file.string(), colour);
        }
        return path;
    }();
    return root;
}

std::vector<std::vector<std::uint8_t>> files()
{
    std::vector<std::vector<std::uint8_t>> all;
    for (std::int64_t i = 0; i < kImages; ++i) {
        std::ifstream input(folder() / nameOf(i), std::ios::binary);
        all.emplace_back(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>());
    }
    return all;
}

/// The whole folder as one split, nothing cached.
std::shared_ptr<data::LazyImageDataset> lazySet()
{
    data::ImageList list{.classes = {"x"}};
    for (std::int64_t i = 0; i < kImages; ++i) {
        list.parts[0].table.names.push_back(nameOf(i));
        list.parts[0].labels.push_back(0);
    }
    data::ImageShape shape;
    shape.height = shape.width = kSide;
    return std::make_shared<data::LazyImageDataset>(data::DatasetInfo{.name = "bench"}, std::move(list),
                                                    data::ImageRoot(folder()), shape,
                                                    data::ImageMemory{.pixelBytes = 0, .thumbnailBytes = 0});
}

void bare(benchmark::State& state)
{
    const auto bytes = files();
    for (auto _ : state) {
        std::atomic<std::size_t> next = 0;
        const auto work = [&] {
            for (std::size_t i = next++; i < bytes.size(); i = next++) {
                const cv::Mat image = cv::imdecode(bytes[i], cv::IMREAD_COLOR);
                benchmark::DoNotOptimize(image.data);
            }
        };
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < std::thread::hardware_concurrency(); ++t)
            threads.emplace_back(work);
    }
    state.SetItemsProcessed(state.iterations() * kImages);
}
BENCHMARK(bare)->Unit(benchmark::kMillisecond)->UseRealTime();

void dataset(benchmark::State& state)
{
    const auto set = lazySet();
    for (auto _ : state) {
        for (std::int64_t at = 0; at < kImages; at += kBatch) {
            const torch::Tensor pixels = set->pixelsOf(data::Split::Train, torch::arange(at, at + kBatch));
            benchmark::DoNotOptimize(pixels.data_ptr());
        }
    }
    state.SetItemsProcessed(state.iterations() * kImages);
}
BENCHMARK(dataset)->Unit(benchmark::kMillisecond)->UseRealTime();

void prefetched(benchmark::State& state)
{
    const auto set = lazySet();
    for (auto _ : state) {
        data::Prefetcher prefetcher(set, data::Split::Train, torch::arange(kImages), kBatch);
        while (const auto batch = prefetcher.next())
            benchmark::DoNotOptimize(batch->pixels.data_ptr());
    }
    state.SetItemsProcessed(state.iterations() * kImages);
}
BENCHMARK(prefetched)->Unit(benchmark::kMillisecond)->UseRealTime();

void thumbnails(benchmark::State& state)
{
    const auto set = lazySet();
    for (auto _ : state) {
        const torch::Tensor small = set->thumbnails(data::Split::Train, torch::arange(kImages), 64);
        benchmark::DoNotOptimize(small.data_ptr());
    }
    state.SetItemsProcessed(state.iterations() * kImages);
}
BENCHMARK(thumbnails)->Unit(benchmark::kMillisecond)->UseRealTime();

void hashing(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(lazySet()->hash().data());
    state.SetItemsProcessed(state.iterations() * kImages);
}
BENCHMARK(hashing)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
