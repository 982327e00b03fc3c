#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::models::onnx {

namespace {

enum class Mode { Nearest, Linear, Cubic };

struct ResizeSpec
{
    Mode mode = Mode::Nearest;
    std::string coordinates = "asymmetric"; ///< what Upsample and Resize of opset 10 use
    std::string nearest = "floor";
    double cubic = -0.75;
    bool excludeOutside = false;
};

/// For each element of a resized axis, which elements of the source it is made of and how much of each.
struct AxisTaps
{
    std::vector<Sizes> places;                ///< [tap][out]
    std::vector<std::vector<double>> weights; ///< [tap][out]
};

/// The place in the source of element @p i, in elements.
double sourceOf(const ResizeSpec& spec, std::int64_t i, std::int64_t in, std::int64_t out, double scale)
{
    const auto x = static_cast<double>(i);
    if (spec.coordinates == "half_pixel")
        return (x + 0.5) / scale - 0.5;
    if (spec.coordinates == "pytorch_half_pixel")
        return out > 1 ? (x + 0.5) / scale - 0.5 : 0;
    if (spec.coordinates == "align_corners")
        return out > 1 ? x * static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
    if (spec.coordinates == "tf_half_pixel_for_nn")
        return (x + 0.5) / scale;
    return x / scale;
}

double nearestOf(const ResizeSpec& spec, double x)
{
    if (spec.nearest == "round_prefer_floor")
        return std::ceil(x - 0.5);
    if (spec.nearest == "round_prefer_ceil")
        return std::floor(x + 0.5);
    return spec.nearest == "ceil" ? std::ceil(x) : std::floor(x);
}

/// Weights of the elements around a place that lies @p t in [0,1) behind the one before it.
std::vector<double> tapWeights(const ResizeSpec& spec, double t)
{
    if (spec.mode == Mode::Nearest)
        return {1};
    if (spec.mode == Mode::Linear)
        return {1 - t, t};
    // Keys' cubic convolution, at distances 1 + t, t, 1 - t and 2 - t.
    const double a = spec.cubic;
    const auto inner = [a](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    const auto outer = [a](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    return {outer(1 + t), inner(t), inner(1 - t), outer(2 - t)};
}

AxisTaps tapsOf(const ResizeSpec& spec, std::int64_t in, std::int64_t out, double scale)
{
    const std::size_t count = tapWeights(spec, 0).size();
    const std::int64_t before = spec.mode == Mode::Cubic ? 1 : 0;
    AxisTaps taps{std::vector<Sizes>(count), std::vector<std::vector<double>>(count)};
    for (std::int64_t i = 0; i < out; ++i) {
        const double source = sourceOf(spec, i, in, out, scale);
        const double base = spec.mode == Mode::Nearest ? nearestOf(spec, source) : std::floor(source);
        std::vector<double> weights = tapWeights(spec, source - base);
        const auto first = static_cast<std::int64_t>(base) - before;
        if (spec.excludeOutside) {
            double total = 0;
            for (std::size_t k = 0; k < count; ++k) {
                const std::int64_t place = first + static_cast<std::int64_t>(k);
                weights[k] = place < 0 || place >= in ? 0 : weights[k];
                total += weights[k];
            }
            for (double& weight : weights)
                weight /= total;
        }
        for (std::size_t k = 0; k < count; ++k) {
            taps.places[k].push_back(
                std::clamp<std::int64_t>(first + static_cast<std::int64_t>(k), 0, in - 1));
            taps.weights[k].push_back(weights[k]);
        }
    }
    return taps;
}

torch::Tensor resizeAxis(const torch::Tensor& x, std::int64_t axis, const AxisTaps& taps)
{
    Sizes alongAxis(static_cast<std::size_t>(x.dim()), 1);
    alongAxis[static_cast<std::size_t>(axis)] = -1;
    torch::Tensor result;
    for (std::size_t k = 0; k < taps.places.size(); ++k) {
        torch::Tensor part =
            x.index_select(axis, torch::tensor(taps.places[k], torch::kInt64).to(x.device()));
        if (taps.places.size() > 1)
            part = part * torch::tensor(taps.weights[k], torch::kFloat64)
                              .to(x.device(), x.scalar_type())
                              .view(alongAxis);
        result = result.defined() ? result + part : part;
    }
    return result;
}

/// @param sizes of the result, or empty. @param scales per axis, used when there are no sizes.
torch::Tensor resize(const Call& call, const ResizeSpec& spec, Sizes sizes, const std::vector<double>& scales)
{
    torch::Tensor x = call.input(0);
    const auto rank = static_cast<std::size_t>(x.dim());
    if ((sizes.empty() ? scales.size() : sizes.size()) != rank)
        throw Error("'scales' or 'sizes' does not fit an input of " + std::to_string(rank) + " axes");
    std::vector<double> factors = scales;
    if (!sizes.empty()) {
        factors.clear();
        bounded(sizes, "sizes", 1, call.limits().elements);
        for (std::size_t d = 0; d < rank; ++d)
            factors.push_back(static_cast<double>(sizes[d]) /
                              static_cast<double>(std::max<std::int64_t>(1, x.size(std::int64_t(d)))));
    } else {
        for (std::size_t d = 0; d < rank; ++d) {
            const double size = std::floor(static_cast<double>(x.size(std::int64_t(d))) * scales[d]);
            if (!(scales[d] > 0) || !(size <= static_cast<double>(call.limits().elements)))
                throw Error("a scale is " + std::to_string(scales[d]));
            sizes.push_back(static_cast<std::int64_t>(size));
        }
    }
    call.requireModest(sizes);
    for (std::size_t d = 0; d < rank; ++d) {
        const auto axis = static_cast<std::int64_t>(d);
        if (x.size(axis) == 0)
            throw Error("an empty axis cannot be resized");
        if (sizes[d] != x.size(axis) || factors[d] != 1)
            x = resizeAxis(x, axis, tapsOf(spec, x.size(axis), sizes[d], factors[d]));
    }
    return x;
}

Mode modeOf(const Site& site)
{
    const std::string mode = site.attributes().text("mode", "nearest");
    if (mode == "nearest")
        return Mode::Nearest;
    if (mode == "linear")
        return Mode::Linear;
    if (mode == "cubic")
        return Mode::Cubic;
    throw Error("'mode' is '" + mode.substr(0, 40) + "'");
}

void requireOneOf(const char* name, const std::string& value, std::initializer_list<const char*> known)
{
    if (std::none_of(known.begin(), known.end(), [&](const char* one) { return value == one; }))
        throw Error("'" + std::string(name) + "' is '" + value.substr(0, 40) + "'");
}

/// Scales are input 1 in opset 9 and 10; from 11 on a region comes before and sizes after them.
Kernel resizeKernel(const Site& site)
{
    ResizeSpec spec{.mode = modeOf(site)};
    const auto& attributes = site.attributes();
    if (site.version() < 11)
        return one([spec](const Call& call) { return resize(call, spec, {}, call.reals(1)); });
    spec.coordinates = attributes.text("coordinate_transformation_mode", "half_pixel");
    requireOneOf("coordinate_transformation_mode", spec.coordinates,
                 {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn"});
    spec.nearest = attributes.text("nearest_mode", "round_prefer_floor");
    requireOneOf("nearest_mode", spec.nearest, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
    spec.cubic = attributes.real("cubic_coeff_a", -0.75);
    spec.excludeOutside = attributes.integer("exclude_outside", 0) != 0;
    return one([spec](const Call& call) {
        const std::vector<double> scales = call.has(2) ? call.reals(2) : std::vector<double>();
        const Sizes sizes = scales.empty() && call.has(3) ? call.integers(3) : Sizes();
        return resize(call, spec, sizes, scales);
    });
}

/// Samples an image at places in [-1,1]; as torch's.
Kernel gridSample(const Site& site)
{
    const std::string mode = site.attributes().text("mode", "bilinear");
    const std::string padding = site.attributes().text("padding_mode", "zeros");
    requireOneOf("mode", mode, {"bilinear", "nearest", "bicubic"});
    requireOneOf("padding_mode", padding, {"zeros", "border", "reflection"});
    const bool corners = site.attributes().integer("align_corners", 0) != 0;
    const std::int64_t how = mode == "bilinear" ? 0 : mode == "nearest" ? 1 : 2;
    const std::int64_t beyond = padding == "zeros" ? 0 : padding == "border" ? 1 : 2;
    return one([=](const Call& call) {
        return torch::grid_sampler(call.input(0), call.input(1), how, beyond, corners);
    });
}

} // namespace

void addResizing(KernelTable& table)
{
    table.add("Upsample", {.make = resizeKernel, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10});
    table.add("Resize",
              {.make = resizeKernel, .minInputs = 2, .maxInputs = 4, .hostInputs = 0b1110, .since = 10});
    table.add("GridSample", {.make = gridSample, .minInputs = 2, .maxInputs = 2, .since = 16});
}

} // namespace assay::models::onnx
