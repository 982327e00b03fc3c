#include "backend/data/recipes/digits.h"

#include "backend/imaging/image_codec.h"
#include "backend/protocol/error.h"

#include <torch/nn/functional.h>
#include <torch/types.h>
#include <zlib.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>
#include <type_traits>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFrameSide = 28;
constexpr std::int64_t kDigitSide = 20;
constexpr std::int64_t kCellRows = 50, kCellColumns = 100, kRowsPerDigit = 5;
constexpr std::int64_t kLineSide = 8;
constexpr std::int64_t kWhite = 16;
constexpr int kLongestLine = 1024;

const std::vector<std::string> kCollections = {"opencv", "uci"};

/// A line's 65 whole numbers. @throws Error unless they are just those.
std::vector<std::int64_t> numbersOf(std::string_view line, const std::string& where)
{
    std::vector<std::int64_t> numbers;
    const char* at = line.data();
    const char* end = at + line.size();
    while (at < end && numbers.size() <= kLineSide * kLineSide) {
        std::int64_t value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        const std::int64_t most = numbers.size() == kLineSide * kLineSide ? 9 : kWhite;
        const bool another = end - next > 1 && *next == ','; // a comma stands between two numbers
        if (error != std::errc() || value < 0 || value > most || (next < end && !another))
            break;
        numbers.push_back(value);
        at = another ? next + 1 : end;
    }
    if (at != end || numbers.size() != kLineSide * kLineSide + 1)
        throw Error("is no digit of 64 values from 0 to 16 and a label", where);
    return numbers;
}

DrawnSet drawDigits(const BuildFolders& folders, const BuildHooks& hooks)
{
    hooks.checkpoint();
    const DigitSheet sheets[] = {
        readDigitCells(folders.packages.at("opencv-doc") /
                       "usr/share/doc/opencv-doc/examples/data/digits.png"),
        readDigitLines(folders.packages.at("python3-sklearn") /
                       "usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz")};
    DrawnSet set;
    set.images = torch::constant_pad_nd(torch::cat({sheets[0].images, sheets[1].images}),
                                        std::vector<std::int64_t>(4, (kFrameSide - kDigitSide) / 2));
    set.labels = torch::cat({sheets[0].labels, sheets[1].labels});
    std::vector<std::int32_t> collections;
    for (std::size_t c = 0; c < kCollections.size(); ++c) {
        for (std::int64_t i = 0; i < sheets[c].labels.size(0); ++i) {
            collections.push_back(static_cast<std::int32_t>(c));
            set.samples.names.push_back(kCollections[c] + "/" + std::to_string(i));
            set.inTest.push_back(drawnForTest(set.samples.names.back()));
        }
    }
    set.samples.attributes.push_back({"domain", kCollections, torch::tensor(collections, torch::kInt32), {}});
    return set;
}

} // namespace

DigitSheet readDigitCells(const fs::path& png)
{
    std::ifstream input(png, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(input), {}};
    const torch::Tensor sheet = imaging::decodeImage(bytes, true, png.string());
    if (sheet.size(1) != kCellRows * kDigitSide || sheet.size(2) != kCellColumns * kDigitSide)
        throw Error("is not a picture of 50 by 100 digits", png.string());
    const torch::Tensor cells = sheet.view({1, kCellRows, kDigitSide, kCellColumns, kDigitSide})
                                    .permute({1, 3, 0, 2, 4})
                                    .reshape({-1, 1, kDigitSide, kDigitSide});
    return {cells, torch::arange(10, torch::kInt64).repeat_interleave(kRowsPerDigit * kCellColumns)};
}

DigitSheet readDigitLines(const fs::path& csv)
{
    const std::unique_ptr<std::remove_pointer_t<gzFile>, int (*)(gzFile)> file(gzopen(csv.c_str(), "rb"),
                                                                               gzclose);
    if (!file)
        throw Error("cannot be opened", csv.string());
    std::vector<std::int64_t> all;
    std::string line(kLongestLine, '\0');
    for (int number = 1; gzgets(file.get(), line.data(), kLongestLine); ++number) {
        const std::string_view text(line.c_str());
        const auto numbers = numbersOf(text.substr(0, text.find_last_not_of("\r\n") + 1),
                                       csv.string() + ", line " + std::to_string(number));
        all.insert(all.end(), numbers.begin(), numbers.end());
    }
    if (all.empty() || !gzeof(file.get()))
        throw Error("is damaged or empty", csv.string());
    const torch::Tensor lines = torch::tensor(all).view({-1, kLineSide * kLineSide + 1});
    namespace F = torch::nn::functional;
    const torch::Tensor small =
        lines.narrow(1, 0, kLineSide * kLineSide).view({-1, 1, kLineSide, kLineSide}).to(torch::kFloat32);
    const torch::Tensor large =
        F::interpolate(small, F::InterpolateFuncOptions()
                                  .size(std::vector<std::int64_t>{kDigitSide, kDigitSide})
                                  .mode(torch::kBilinear)
                                  .align_corners(false));
    return {(large * (255.0 / kWhite)).round().to(torch::kUInt8),
            lines.select(1, kLineSide * kLineSide).contiguous()};
}

DataRecipe digitsRecipe()
{
    using Registry = SourcePackage::Registry;
    return {
        .info = {.name = "digits",
                 .title = "Handwritten digits of two collections (D10)",
                 .source = "Debian opencv-doc 4.6.0 (digits.png), python3-sklearn 1.2.1 (UCI optical digits)",
                 .licence = "OpenCV Apache-2.0; UCI optical recognition of handwritten digits CC-BY-4.0",
                 .note = "28x28, white on black, digits in the middle 20x20. The attribute 'domain' is the "
                         "collection; part of what separates them is resolution, since UCI's are 8x8.",
                 .classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                 .trainCount = 5411,
                 .testCount = 1386,
                 .channels = 1,
                 .height = kFrameSide,
                 .width = kFrameSide,
                 .format = "npz",
                 .attributes = {"domain"}},
        .packages = {{Registry::Debian, "opencv-doc", "4.6.0+dfsg-12",
                      "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a", "Apache-2.0"},
                     {Registry::Debian, "python3-sklearn", "1.2.1+dfsg-1",
                      "ca0c6be401d14871c7e93cfdd8d1f561595dc65e6e2ad2501d568aee7f7efc58", "CC-BY-4.0"}},
        .downloadMb = 98,
        .draw = drawDigits,
    };
}

} // namespace assay::data
