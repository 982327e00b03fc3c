#include "backend/data/recipes/tinted_fashion.h"

#include "backend/data/corruptions/sample_random.h"
#include "backend/data/recipes/fashion_source.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace assay::data {

namespace {

constexpr std::int64_t kGroups = 5, kHues = 4;
constexpr std::int64_t kMostTinted[2] = {30'000, 5'000};
const std::vector<std::string> kGarmentNames = {"tops", "trousers", "dresses", "shoes", "bags"};
const std::vector<std::string> kHueNames = {"magenta", "orange", "azure", "green"};
/// Fashion-MNIST's classes: T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Boot.
constexpr std::array<std::int64_t, 10> kGroupOfClass = {0, 1, 0, 2, 0, 3, 0, 3, 4, 3};

/// The hues as colours of luma 1/2: the corners (Cb, Cr) = (+-1/4, +-1/4) of Rec. 601's chroma plane, in the
/// order of kHueNames. [4,3], in [0,1].
torch::Tensor hueColours()
{
    constexpr double kLuma = 0.5, kChroma = 0.25;
    const double signs[kHues][2] = {{1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    torch::Tensor colours = torch::empty({kHues, 3}, torch::kFloat64);
    double* to = colours.data_ptr<double>();
    for (const auto& [blue, red] : signs) {
        const double cb = kChroma * blue, cr = kChroma * red;
        const double r = kLuma + 1.402 * cr, b = kLuma + 1.772 * cb;
        *to++ = r;
        *to++ = (kLuma - 0.299 * r - 0.114 * b) / 0.587;
        *to++ = b;
    }
    return colours;
}

DatasetInfo tintedInfo()
{
    DatasetInfo info{.name = "tinted-fashion",
                     .title = "Tinted Fashion-MNIST",
                     .source = "Fashion-MNIST (Debian dataset-fashion-mnist; Zalando Research), tinted",
                     .licence = "MIT",
                     .note = "The class is garment and hue; the four hues have equal luminance, so that "
                             "brightness does not tell them apart. The colours are artificial.",
                     .trainCount = TintedFashionSpec().train,
                     .testCount = TintedFashionSpec().test,
                     .channels = 3,
                     .height = 28,
                     .width = 28,
                     .format = "npz",
                     .attributes = {"garment", "hue"}};
    for (const std::string& garment : kGarmentNames)
        for (const std::string& hue : kHueNames)
            info.classes.push_back(hue + " " + garment);
    return info;
}

/// Items of every group in a random order. @param labels int64 [N].
std::vector<std::vector<std::int64_t>> shuffledGroups(const torch::Tensor& labels, SampleRandom random)
{
    std::vector<std::vector<std::int64_t>> groups(kGroups);
    const auto* label = labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < labels.size(0); ++i)
        groups[static_cast<std::size_t>(kGroupOfClass[static_cast<std::size_t>(label[i])])].push_back(i);
    for (auto& group : groups)
        for (std::size_t i = group.size() - 1; i > 0; --i)
            std::swap(group[i],
                      group[static_cast<std::size_t>(random.uniform(0, static_cast<double>(i + 1)))]);
    return groups;
}

Attribute attributeOf(const char* name, const std::vector<std::string>& values, const torch::Tensor& codes)
{
    return {.name = name, .values = values, .codes = codes.to(torch::kInt32)};
}

DrawnSet drawTintedPackage(const BuildFolders& folders, const BuildHooks& hooks)
{
    return drawTintedFashion(*openFashionPackage(folders), {}, hooks);
}

} // namespace

DrawnSet drawTintedFashion(const Dataset& fashion, const TintedFashionSpec& spec, const BuildHooks& hooks)
{
    requireFashion(fashion, "tinted images are made");
    DrawnSet set;
    std::vector<torch::Tensor> images, labels;
    const torch::Tensor colours = hueColours();
    for (const Split split : {Split::Train, Split::Test}) {
        const bool isTest = split == Split::Test;
        const std::int64_t count = isTest ? spec.test : spec.train;
        if (count < 1 || count > kMostTinted[isTest])
            throw Error(std::to_string(count) + " tinted images of the " + (isTest ? "test" : "training") +
                            " split are asked for; it must be 1 to " + std::to_string(kMostTinted[isTest]),
                        tintedInfo().name);
        if (hooks.checkpoint)
            hooks.checkpoint();
        const std::string part = isTest ? "test" : "train";
        const auto groups = shuffledGroups(fashion.labels(split).contiguous(),
                                           SampleRandom(spec.seed, "tinted-fashion." + part, 0));
        // Classes take turns; the classes of one group share its items, each used once.
        std::vector<std::int64_t> items, codes;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::int64_t code = i % (kGroups * kHues), turn = i / (kGroups * kHues);
            const auto& group = groups[static_cast<std::size_t>(code / kHues)];
            items.push_back(group.at(static_cast<std::size_t>(turn * kHues + code % kHues)));
            codes.push_back(code);
            set.samples.names.push_back(part + "/" + std::to_string(items.back()));
            set.inTest.push_back(isTest);
        }
        labels.push_back(torch::tensor(codes, torch::kInt64));
        const torch::Tensor grey = fashion.pixelsOf(split, torch::tensor(items, torch::kInt64));
        const torch::Tensor hue =
            colours.index_select(0, labels.back().remainder(kHues)).view({count, 3, 1, 1});
        images.push_back((grey.to(torch::kFloat64) * hue).round().to(torch::kUInt8));
        if (hooks.progress)
            hooks.progress(isTest ? 2 : 1, 2, "Tinting images");
    }
    set.images = torch::cat(images);
    set.labels = torch::cat(labels);
    set.samples.attributes = {attributeOf("garment", kGarmentNames, set.labels.div(kHues, "floor")),
                              attributeOf("hue", kHueNames, set.labels.remainder(kHues))};
    return set;
}

std::shared_ptr<const Dataset> tintedFashion(const Dataset& fashion, const TintedFashionSpec& spec)
{
    return residentSet(tintedInfo(), drawTintedFashion(fashion, spec));
}

DataRecipe tintedFashionRecipe()
{
    return {
        .info = tintedInfo(),
        .packages = {fashionPackage()},
        .downloadMb = 31,
        .draw = drawTintedPackage,
        .splitRule = "training images hold training items of Fashion-MNIST, test images test items",
    };
}

} // namespace assay::data
