#include "backend/data/arrays/npz_images.h"

#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace assay::data {

namespace {

constexpr std::int64_t kRowsAtOnce = 512; // bounds the memory of conversion

bool isChannels(std::int64_t size)
{
    return size == 1 || size == 3 || size == 4;
}

std::int64_t rootOf(std::int64_t area)
{
    const auto root = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(area))));
    return root * root == area ? root : 0;
}

std::string shapeText(const torch::Tensor& tensor)
{
    std::string text;
    for (const std::int64_t size : tensor.sizes())
        text += (text.empty() ? "" : ", ") + std::to_string(size);
    return "[" + text + "]";
}

/// A view with the axes N, C, H, W.
torch::Tensor arranged(const torch::Tensor& raw, const std::string& layout, const std::string& where)
{
    const auto rank = static_cast<std::size_t>(raw.dim());
    torch::Tensor view;
    if (layout == "NHW" && rank == 3)
        view = raw.unsqueeze(1);
    else if (layout == "NCHW" && rank == 4)
        view = raw;
    else if (layout == "NHWC" && rank == 4)
        view = raw.permute({0, 3, 1, 2});
    else if (layout == "flat" && rank == 2 && rootOf(raw.size(1)) > 0)
        view = raw.view({raw.size(0), 1, rootOf(raw.size(1)), rootOf(raw.size(1))});
    else
        throw Error("images of shape " + shapeText(raw) + " do not have the layout '" + layout.substr(0, 20) +
                        "'",
                    where, "Choose NHW, NHWC, NCHW or flat.");
    if (!isChannels(view.size(1)))
        throw Error("images have " + std::to_string(view.size(1)) + " channels; 1, 3 or 4 are read", where,
                    "Check the layout.");
    return view.size(1) == 4 ? view.slice(1, 0, 3) : view;
}

torch::Tensor asBytes(const torch::Tensor& values, const ValueRange& range)
{
    const double scale = 255.0 / (range.high - range.low);
    return values.to(torch::kFloat64).sub_(range.low).mul_(scale).round_().clamp_(0, 255).to(torch::kUInt8);
}

} // namespace

std::optional<std::string> guessLayout(const std::vector<std::int64_t>& shape)
{
    if (shape.size() == 3)
        return "NHW";
    if (shape.size() == 2)
        return rootOf(shape[1]) > 1 ? std::optional<std::string>("flat") : std::nullopt;
    if (shape.size() != 4)
        return std::nullopt;
    bool last = isChannels(shape[3]);
    bool first = isChannels(shape[1]);
    if (last && first && (shape[3] == 4) != (shape[1] == 4)) { // alpha is rarer than a side of four pixels
        last = shape[3] != 4;
        first = !last;
    }
    if (last == first)
        return std::nullopt;
    return last ? "NHWC" : "NCHW";
}

std::string ValueRange::text() const
{
    return protocol::csvNumber(low) + ".." + protocol::csvNumber(high);
}

ValueRange ValueRange::parse(const std::string& text, const std::string& where)
{
    const std::size_t dots = text.find("..");
    ValueRange range;
    const auto number = [](std::string_view part, double& value) {
        const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value);
        return code == std::errc() && end == part.data() + part.size() && std::isfinite(value);
    };
    const std::string_view view = text;
    if (dots == std::string::npos || !number(view.substr(0, dots), range.low) ||
        !number(view.substr(dots + 2), range.high) || range.low >= range.high)
        throw Error("the range '" + text.substr(0, 40) + "' must be LOW..HIGH", where,
                    "Give the values of black and white, such as 0..1.");
    return range;
}

ValueRange valuesOf(const torch::Tensor& raw, const std::string& where)
{
    if (raw.numel() == 0)
        return {};
    const auto ends = raw.is_floating_point() ? raw.to(torch::kFloat32).aminmax() : raw.aminmax();
    const ValueRange seen{.low = std::get<0>(ends).item<double>(), .high = std::get<1>(ends).item<double>()};
    if (std::isfinite(seen.low) && std::isfinite(seen.high))
        return seen;
    for (std::int64_t i = 0; i < raw.size(0); ++i) {
        if (!torch::isfinite(raw[i]).all().item<bool>())
            throw Error("image " + std::to_string(i) + " holds a value that is no finite number", where,
                        "Leave the image out, or mend its values.");
    }
    throw Error("holds values too large for single precision", where, "Scale the values to 0..1.");
}

std::optional<ValueRange> guessRange(const ValueRange& seen)
{
    if (seen.low >= 0 && seen.high <= 1)
        return ValueRange{.low = 0, .high = 1};
    if (seen.low >= -1 && seen.high <= 1)
        return ValueRange{.low = -1, .high = 1};
    if (seen.low >= 0 && seen.high <= 255)
        return ValueRange{.low = 0, .high = 255};
    if (seen.low >= 0 && seen.high <= 65535)
        return ValueRange{.low = 0, .high = 65535};
    return std::nullopt;
}

torch::Tensor toPixels(const torch::Tensor& raw, const std::string& layout, const ValueRange& range,
                       const std::string& where)
{
    const torch::Tensor view = arranged(raw, layout, where);
    const bool same = range.low == 0 && range.high == 255 && raw.scalar_type() == torch::kUInt8;
    if (same)
        return view.contiguous();
    torch::Tensor pixels = torch::empty(view.sizes(), torch::kUInt8);
    for (std::int64_t begin = 0; begin < view.size(0); begin += kRowsAtOnce) {
        const std::int64_t end = std::min(begin + kRowsAtOnce, view.size(0));
        pixels.slice(0, begin, end).copy_(asBytes(view.slice(0, begin, end), range));
    }
    return pixels;
}

} // namespace assay::data
