#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <numeric>

namespace assay::models::onnx {

namespace {

struct SliceSpec
{
    Sizes starts;
    Sizes ends;
    Sizes axes;
    Sizes steps;
};

torch::Tensor sliceAxis(const torch::Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t end,
                        std::int64_t step)
{
    const std::int64_t size = x.size(axis);
    if (step == 0)
        throw Error("a step is 0");
    // Ends beyond the axis, INT64_MIN and INT64_MAX among them, mean its end.
    start = std::clamp<std::int64_t>(start, -size - 1, size);
    end = std::clamp<std::int64_t>(end, -size - 1, size);
    start = start < 0 ? start + size : start;
    end = end < 0 ? end + size : end;
    if (step > 0) {
        start = std::clamp<std::int64_t>(start, 0, size);
        end = std::clamp<std::int64_t>(end, start, size);
        return x.slice(axis, start, end, std::min(step, size + 1));
    }
    start = std::clamp<std::int64_t>(start, -1, size - 1);
    end = std::clamp<std::int64_t>(end, -1, size - 1);
    step = std::max(step, -size - 1);
    Sizes places;
    for (std::int64_t i = start; i > end; i += step)
        places.push_back(i);
    return x.index_select(axis, torch::tensor(places, torch::kInt64).to(x.device()));
}

torch::Tensor slice(const torch::Tensor& x, SliceSpec spec)
{
    if (spec.axes.empty()) {
        spec.axes.resize(spec.starts.size());
        std::iota(spec.axes.begin(), spec.axes.end(), 0);
    }
    if (spec.steps.empty())
        spec.steps.assign(spec.starts.size(), 1);
    if (spec.starts.size() != spec.ends.size() || spec.starts.size() != spec.axes.size() ||
        spec.starts.size() != spec.steps.size())
        throw Error("starts, ends, axes and steps differ in length");
    torch::Tensor result = x;
    for (std::size_t i = 0; i < spec.axes.size(); ++i)
        result =
            sliceAxis(result, axisOf(spec.axes[i], x.dim()), spec.starts[i], spec.ends[i], spec.steps[i]);
    return result;
}

/// Attributes before opset 10, then inputs.
Kernel sliceKernel(const Site& site)
{
    if (site.version() < 10) {
        const SliceSpec spec{.starts = site.attributes().integers("starts"),
                             .ends = site.attributes().integers("ends"),
                             .axes = site.attributes().integers("axes", {})};
        return one([spec](const Call& call) { return slice(call.input(0), spec); });
    }
    return one([](const Call& call) {
        return slice(call.input(0), {.starts = call.integers(1),
                                     .ends = call.integers(2),
                                     .axes = call.has(3) ? call.integers(3) : Sizes(),
                                     .steps = call.has(4) ? call.integers(4) : Sizes()});
    });
}

Kernel concat(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis");
    return one([axis](const Call& call) {
        std::vector<torch::Tensor> parts;
        Sizes shape = sizesOf(call.input(0));
        const std::int64_t along = axisOf(axis, call.input(0).dim());
        if (shape.empty())
            throw Error("single numbers cannot be joined");
        for (std::size_t i = 0; i < call.size(); ++i) {
            parts.push_back(call.input(i));
            if (i > 0 && call.input(i).dim() == call.input(0).dim())
                shape[static_cast<std::size_t>(along)] += call.input(i).size(along);
        }
        call.requireModest(shape);
        return torch::cat(parts, along);
    });
}

/// Sizes are an attribute before opset 13, then an input; without, the parts are equal.
Kernel split(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 0);
    const Sizes attribute = site.attributes().integers("split", {});
    const auto count = static_cast<std::int64_t>(site.node.outputs.size());
    return [=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t along = axisOf(axis, x.dim());
        Sizes sizes = call.has(1) ? call.integers(1) : attribute;
        if (sizes.empty() && x.size(along) % count == 0)
            sizes.assign(static_cast<std::size_t>(count), x.size(along) / count);
        if (static_cast<std::int64_t>(sizes.size()) != count ||
            std::accumulate(sizes.begin(), sizes.end(), std::int64_t(0)) != x.size(along))
            throw Error("the axis of " + std::to_string(x.size(along)) + " cannot be split into the " +
                        std::to_string(count) + " parts wanted");
        return x.split_with_sizes(bounded(sizes, "split", 0, x.size(along)), along);
    };
}

/// Where element @p i of an axis of @p size comes from when i lies outside.
std::int64_t reflected(std::int64_t i, std::int64_t size)
{
    if (size == 1)
        return 0;
    const std::int64_t period = 2 * (size - 1);
    const std::int64_t within = ((i % period) + period) % period;
    return within < size ? within : period - within;
}

torch::Tensor padByIndex(torch::Tensor x, const Sizes& pads, bool reflect)
{
    const auto rank = static_cast<std::size_t>(x.dim());
    for (std::size_t d = 0; d < rank; ++d) {
        const std::int64_t size = x.size(static_cast<std::int64_t>(d));
        if (pads[d] == 0 && pads[d + rank] == 0)
            continue;
        if (size == 0)
            throw Error("an empty axis has no edge to repeat");
        Sizes places;
        for (std::int64_t i = -pads[d]; i < size + pads[d + rank]; ++i)
            places.push_back(reflect ? reflected(i, size) : std::clamp<std::int64_t>(i, 0, size - 1));
        x = x.index_select(static_cast<std::int64_t>(d), torch::tensor(places, torch::kInt64).to(x.device()));
    }
    return x;
}

torch::Tensor pad(const Call& call, const Sizes& pads, double value, const std::string& mode)
{
    const torch::Tensor& x = call.input(0);
    const auto rank = static_cast<std::size_t>(x.dim());
    if (pads.size() != 2 * rank)
        throw Error("'pads' has " + std::to_string(pads.size()) + " numbers for " + std::to_string(rank) +
                    " axes");
    Sizes shape = sizesOf(x);
    Sizes lastFirst;
    bounded(pads, "pads", -call.limits().elements, call.limits().elements);
    for (std::size_t d = rank; d-- > 0;) {
        lastFirst.insert(lastFirst.end(), {pads[d], pads[d + rank]});
        shape[d] += pads[d] + pads[d + rank];
    }
    call.requireModest(shape);
    if (mode == "constant")
        return torch::constant_pad_nd(x, lastFirst, value);
    return padByIndex(x, pads, mode == "reflect");
}

/// Amounts are an attribute before opset 11, then an input.
Kernel padKernel(const Site& site)
{
    const std::string mode = site.attributes().text("mode", "constant");
    if (mode != "constant" && mode != "reflect" && mode != "edge")
        throw Error("'mode' is '" + mode.substr(0, 40) + "'");
    if (site.version() < 11) {
        const Sizes pads = site.attributes().integers("pads");
        const double value = site.attributes().real("value", 0);
        return one([=](const Call& call) { return pad(call, pads, value, mode); });
    }
    return one([mode](const Call& call) {
        const std::vector<double> value = call.has(2) ? call.reals(2) : std::vector<double>{0};
        if (value.size() != 1)
            throw Error("the value to pad with is not one number");
        return pad(call, call.integers(1), value.front(), mode);
    });
}

} // namespace

void addSlices(KernelTable& table)
{
    table.add("Slice", {.make = sliceKernel, .maxInputs = 5, .hostInputs = 0b11110});
    table.add("Concat", {.make = concat, .maxInputs = -1});
    table.add("Split", {.make = split, .maxInputs = 2, .hostInputs = 0b10});
    table.add("Pad", {.make = padKernel, .maxInputs = 3, .hostInputs = 0b110});
}

} // namespace assay::models::onnx
