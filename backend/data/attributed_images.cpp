#include "backend/data/attributed_images.h"

#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

namespace assay::data {

namespace {

constexpr std::size_t kMostValues = 12;
constexpr int kHues = 6;
const std::vector<std::string> kHueNames = {"red", "yellow", "green", "cyan", "blue", "magenta"};
const std::vector<std::string> kLightnessNames = {"dark", "medium", "light"};

/// Pure colours of saturation 0.65: float32 [n,3]. @param hue in [0,1).
torch::Tensor hueColours(const torch::Tensor& hue, double value)
{
    constexpr double kSaturation = 0.65;
    const torch::Tensor offsets = torch::tensor({5.0F, 3.0F, 1.0F});
    const torch::Tensor k = (hue.unsqueeze(1) * 6 + offsets).fmod(6);
    return value - value * kSaturation * torch::minimum(k, 4 - k).clamp(0, 1);
}

/// Grey [n,1,S,S] in [0,1] between two colours. @returns the hues too, int64 [n] each.
struct TintedImages
{
    torch::Tensor images, hue, background;
};
TintedImages tintedGrey(const torch::Tensor& grey, at::Generator draws)
{
    const std::int64_t n = grey.size(0);
    const auto drawHue = [&] { return torch::randint(kHues, {n}, draws, torch::kInt64); };
    const auto colour = [&](const torch::Tensor& bin, double value) {
        const torch::Tensor shift = (torch::rand({n}, draws) - 0.5) * 0.5; // of a bin
        const torch::Tensor hue = ((bin.to(torch::kFloat32) + shift) / kHues + 1).fmod(1);
        return hueColours(hue, value).view({n, 3, 1, 1});
    };
    TintedImages made{.images = {}, .hue = drawHue(), .background = drawHue()};
    const torch::Tensor front = colour(made.hue, 1.0), back = colour(made.background, 0.55);
    made.images = grey * front + (1 - grey) * back;
    return made;
}

/// Grey smaller than the side lies in the middle of black; all else is averaged or interpolated.
torch::Tensor sizedTo(const torch::Tensor& images, std::int64_t side)
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
struct ValueGrouping
{
    std::vector<std::string> values;
    std::vector<std::int64_t> of; ///< empty: as they are
};

ValueGrouping groupingOf(const std::vector<std::string>& values)
{
    ValueGrouping grouping;
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
torch::Tensor regrouped(const Attribute& attribute, const ValueGrouping& grouping,
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

void addSetAttributes(AttributedImages& made, const Dataset& set)
{
    const SampleTable& train = set.samples(Split::Train);
    const SampleTable& test = set.samples(Split::Test);
    for (const Attribute& attribute : train.attributes) {
        const Attribute* other = test.find(attribute.name);
        if (!attribute.codes.defined() || !other || !other->codes.defined())
            continue;
        std::vector<std::string> values = attribute.values;
        for (const std::string& value : other->values)
            if (std::ranges::find(values, value) == values.end())
                values.push_back(value);
        const ValueGrouping grouping = groupingOf(values);
        if (grouping.values.empty())
            continue;
        made.attributes.push_back({.name = attribute.name,
                                   .values = grouping.values,
                                   .train = regrouped(attribute, grouping, values, made.trainIds),
                                   .test = regrouped(*other, grouping, values, made.testIds)});
    }
}

torch::Tensor colourBytes(const torch::Tensor& x)
{
    return (x.narrow(1, 0, 3) * 255).round().clamp(0, 255).to(torch::kUInt8).contiguous();
}

} // namespace

std::int64_t FewValued::commonest() const
{
    const torch::Tensor known = train.masked_select(train.ge(0));
    return known.numel() > 0 ? torch::bincount(known).argmax().item<std::int64_t>() : 0;
}

AttributedImages attributedImages(const Dataset& set, const AttributedRequest& request)
{
    if (set.info().channels == 2)
        throw Error("has images of two channels", set.info().name, "Choose a grey or a coloured set.");
    AttributedImages made;
    made.trainIds = request.trainIds;
    made.testIds = request.testIds;
    const auto prepare = [&](Split split, const torch::Tensor& ids) {
        return sizedTo(set.pixelsOf(split, ids).to(torch::kFloat32).div_(255.0), request.side);
    };
    torch::Tensor train = prepare(Split::Train, made.trainIds), test = prepare(Split::Test, made.testIds);
    addSetAttributes(made, set);
    const std::vector<std::string>& classes = set.info().classes;
    if ((made.attributes.empty() || request.withClass) && classes.size() >= 2)
        made.attributes.insert(made.attributes.begin(),
                               FewValued{.name = "class",
                                         .values = classes,
                                         .train = set.labels(Split::Train).index_select(0, made.trainIds),
                                         .test = set.labels(Split::Test).index_select(0, made.testIds)});
    if (train.size(1) == 1) {
        const TintedImages a = tintedGrey(train, request.trainTints), b = tintedGrey(test, request.testTints);
        train = a.images;
        test = b.images;
        made.attributes.push_back({.name = "hue", .values = kHueNames, .train = a.hue, .test = b.hue});
        made.attributes.push_back(
            {.name = "background", .values = kHueNames, .train = a.background, .test = b.background});
    }
    made.train = colourBytes(train);
    made.test = colourBytes(test);
    return made;
}

} // namespace assay::data
