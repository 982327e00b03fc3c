#include "plugins/encryption/recon_data.h"

#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

namespace assay::encryption {

namespace {

constexpr std::size_t kMostValues = 12;
constexpr int kHues = 6;
const std::vector<std::string> kHueNames = {"red", "yellow", "green", "cyan", "blue", "magenta"};
const std::vector<std::string> kLightnessNames = {"dark", "medium", "light"};

/// Drawn from a split, in the order drawn.
torch::Tensor drawIds(engine::RunContext& context, const char* stream, std::int64_t size, std::int64_t count)
{
    return torch::randperm(size, context.generator(stream), torch::kInt64)
        .narrow(0, 0, std::min(size, count));
}

/// Pure colours of saturation 0.65: float32 [n,3]. @param hue in [0,1).
torch::Tensor hueColours(const torch::Tensor& hue, double value)
{
    constexpr double kSaturation = 0.65;
    const torch::Tensor offsets = torch::tensor({5.0F, 3.0F, 1.0F});
    const torch::Tensor k = (hue.unsqueeze(1) * 6 + offsets).fmod(6);
    return value - value * kSaturation * torch::minimum(k, 4 - k).clamp(0, 1);
}

/// Grey [n,1,S,S] in [0,1] between two colours. @returns the hues too, int64 [n] each.
struct ReconTinted
{
    torch::Tensor images, hue, background;
};
ReconTinted tinted(const torch::Tensor& grey, at::Generator draws)
{
    const std::int64_t n = grey.size(0);
    const auto drawHue = [&] { return torch::randint(kHues, {n}, draws, torch::kInt64); };
    const auto colour = [&](const torch::Tensor& bin, double value) {
        const torch::Tensor shift = (torch::rand({n}, draws) - 0.5) * 0.5; // of a bin
        const torch::Tensor hue = ((bin.to(torch::kFloat32) + shift) / kHues + 1).fmod(1);
        return hueColours(hue, value).view({n, 3, 1, 1});
    };
    ReconTinted made{.images = {}, .hue = drawHue(), .background = drawHue()};
    const torch::Tensor front = colour(made.hue, 1.0), back = colour(made.background, 0.55);
    made.images = grey * front + (1 - grey) * back;
    return made;
}

/// Grey smaller than the side lies in the middle of black; all else is averaged or interpolated.
torch::Tensor sized(const torch::Tensor& images, std::int64_t side)
{
    const std::int64_t h = images.size(2), w = images.size(3);
    if (h == side && w == side)
        return images;
    if (images.size(1) == 1 && h <= side && w <= side) {
        const std::int64_t top = (side - h) / 2, left = (side - w) / 2;
        return torch::constant_pad_nd(images, {left, side - w - left, top, side - h - top}, 0);
    }
    if (h >= side && w >= side)
        return torch::adaptive_avg_pool2d(images, {side, side});
    return torch::upsample_bilinear2d(images, {side, side}, false);
}

/// "6d4c41" of "#6d4c41".
std::string withoutSharp(const std::string& text)
{
    return text.starts_with('#') ? text.substr(1) : text;
}

bool isHexColour(const std::string& text)
{
    const std::string digits = withoutSharp(text);
    return digits.size() == 6 &&
           std::ranges::all_of(digits, [](unsigned char c) { return std::isxdigit(c); });
}

double lightness(const std::string& colour)
{
    const std::string hex = withoutSharp(colour);
    const auto part = [&](std::size_t at) { return std::stoi(hex.substr(at, 2), nullptr, 16) / 255.0; };
    return 0.299 * part(0) + 0.587 * part(2) + 0.114 * part(4);
}

/// How the values of an attribute are brought together: a new index for each.
struct ReconGrouping
{
    std::vector<std::string> values;
    std::vector<std::int64_t> of; ///< empty: as they are
};

ReconGrouping groupingOf(const std::vector<std::string>& values)
{
    ReconGrouping grouping;
    if (std::ranges::count(values, "none") > 0) {
        grouping.values = {"none", "some"};
        for (const std::string& value : values)
            grouping.of.push_back(value == "none" ? 0 : 1);
    } else if (!values.empty() && std::ranges::all_of(values, isHexColour)) {
        grouping.values = kLightnessNames;
        for (const std::string& value : values) {
            const double light = lightness(value);
            grouping.of.push_back(light < 0.4 ? 0 : light < 0.7 ? 1 : 2);
        }
    } else if (values.size() >= 2 && values.size() <= kMostValues) {
        grouping.values = values;
        grouping.of.resize(values.size());
        std::iota(grouping.of.begin(), grouping.of.end(), 0);
    }
    return grouping;
}

/// Codes of one split under the names of the other: value by value, since each split numbers its own.
torch::Tensor regrouped(const data::Attribute& attribute, const ReconGrouping& grouping,
                        const std::vector<std::string>& values, const torch::Tensor& ids)
{
    const torch::Tensor codes = attribute.codes.index_select(0, ids).to(torch::kInt64).contiguous();
    torch::Tensor result = torch::full({ids.size(0)}, -1, torch::kInt64);
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        const std::int64_t code = codes.data_ptr<std::int64_t>()[i];
        if (code < 0)
            continue;
        const auto found = std::ranges::find(values, attribute.values[static_cast<std::size_t>(code)]);
        if (found != values.end())
            result.data_ptr<std::int64_t>()[i] =
                grouping.of[static_cast<std::size_t>(found - values.begin())];
    }
    return result;
}

void addSetAttributes(ReconData& made, const data::Dataset& set)
{
    const data::SampleTable& train = set.samples(data::Split::Train);
    const data::SampleTable& test = set.samples(data::Split::Test);
    for (const data::Attribute& attribute : train.attributes) {
        const data::Attribute* other = test.find(attribute.name);
        if (!attribute.codes.defined() || !other || !other->codes.defined())
            continue;
        std::vector<std::string> values = attribute.values;
        for (const std::string& value : other->values)
            if (std::ranges::find(values, value) == values.end())
                values.push_back(value);
        const ReconGrouping grouping = groupingOf(values);
        if (grouping.values.empty())
            continue;
        made.attributes.push_back({.name = attribute.name,
                                   .values = grouping.values,
                                   .train = regrouped(attribute, grouping, values, made.trainIds),
                                   .test = regrouped(*other, grouping, values, made.testIds)});
    }
}

void keepNamed(std::vector<ReconAttribute>& attributes, const std::vector<std::string>& names)
{
    std::string known;
    for (const ReconAttribute& attribute : attributes)
        known += (known.empty() ? "" : ", ") + attribute.name;
    for (const std::string& name : names)
        if (std::ranges::find(attributes, name, &ReconAttribute::name) == attributes.end())
            throw Error("there is no attribute '" + name + "'", "attributes", "There are: " + known + ".");
    if (!names.empty())
        std::erase_if(attributes, [&](const ReconAttribute& attribute) {
            return std::ranges::find(names, attribute.name) == names.end();
        });
}

void requireBlocks(const ReconParams& p)
{
    std::vector<int> blocks = p.etcBlocks;
    blocks.push_back(p.block);
    for (const int block : blocks)
        if (p.side % block != 0)
            throw Error("blocks of " + std::to_string(block) + " do not divide images of " +
                            std::to_string(p.side) + " pixels",
                        "side", "Choose a side that is a multiple of every block.");
}

} // namespace

std::int64_t ReconAttribute::commonest() const
{
    const torch::Tensor known = train.masked_select(train.ge(0));
    return known.numel() > 0 ? torch::bincount(known).argmax().item<std::int64_t>() : 0;
}

ReconData reconData(engine::RunContext& context, const ReconParams& p)
{
    requireBlocks(p);
    const auto set = context.dataset(p.dataset);
    ReconData made;
    made.trainIds = drawIds(context, "recon.train", set->size(data::Split::Train), p.trainImages);
    made.testIds = drawIds(context, "recon.victims", set->size(data::Split::Test), p.victims);
    if (made.trainIds.size(0) < 100 || made.testIds.size(0) < 10)
        throw Error("the data set has " + std::to_string(made.trainIds.size(0)) + " training and " +
                        std::to_string(made.testIds.size(0)) + " test images; 100 and 10 are the least",
                    "dataset", "Choose a larger set.");
    if (const std::int64_t channels = set->info().channels; channels == 2)
        throw Error("has images of two channels", set->info().name, "Choose a grey or a coloured set.");
    const auto prepare = [&](data::Split split, const torch::Tensor& ids) {
        context.checkpoint();
        const torch::Tensor pixels = set->pixelsOf(split, ids).to(torch::kFloat32).div_(255.0);
        return sized(pixels, p.side);
    };
    torch::Tensor train = prepare(data::Split::Train, made.trainIds),
                  test = prepare(data::Split::Test, made.testIds);
    addSetAttributes(made, *set);
    const std::vector<std::string>& classes = set->info().classes;
    const bool asked = std::ranges::count(p.attributes, "class") > 0;
    if ((made.attributes.empty() || asked) && classes.size() >= 2)
        made.attributes.insert(
            made.attributes.begin(),
            ReconAttribute{.name = "class",
                           .values = classes,
                           .train = set->labels(data::Split::Train).index_select(0, made.trainIds),
                           .test = set->labels(data::Split::Test).index_select(0, made.testIds)});
    if (train.size(1) == 1) {
        const ReconTinted a = tinted(train, context.generator("recon.tint.train"));
        const ReconTinted b = tinted(test, context.generator("recon.tint.victims"));
        train = a.images;
        test = b.images;
        made.attributes.push_back({.name = "hue", .values = kHueNames, .train = a.hue, .test = b.hue});
        made.attributes.push_back(
            {.name = "background", .values = kHueNames, .train = a.background, .test = b.background});
    }
    keepNamed(made.attributes, p.attributes);
    if (made.attributes.empty())
        throw Error("has no attributes that could be recovered", set->info().name,
                    "Choose a set with classes or attributes of few values.");
    const auto bytes = [](const torch::Tensor& x) {
        return (x.narrow(1, 0, 3) * 255).round().clamp(0, 255).to(torch::kUInt8).contiguous();
    };
    made.train = bytes(train);
    made.test = bytes(test);
    return made;
}

torch::Tensor reconFloat(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32).div_(255.0);
}

} // namespace assay::encryption
