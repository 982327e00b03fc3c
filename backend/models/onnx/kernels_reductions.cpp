#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <numeric>

namespace assay::models::onnx {

namespace {

using Reduce = torch::Tensor (*)(const torch::Tensor& x, const Sizes& axes, bool keep);

Sizes allAxes(const torch::Tensor& x)
{
    Sizes axes(static_cast<std::size_t>(x.dim()));
    std::iota(axes.begin(), axes.end(), 0);
    return axes;
}

/// Axes are an attribute; of ReduceSum from opset 13 on, an input.
template <Reduce function>
Kernel reduction(const Site& site)
{
    const Sizes attribute = site.attributes().integers("axes", {});
    const bool keep = site.attributes().integer("keepdims", 1) != 0;
    const bool noneIsNothing = site.attributes().integer("noop_with_empty_axes", 0) != 0;
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        Sizes axes = call.has(1) ? call.integers(1) : attribute;
        if (axes.empty() && noneIsNothing)
            return x;
        axes = axes.empty() ? allAxes(x) : axesOf(axes, x.dim());
        return axes.empty() ? x : function(x, axes, keep);
    });
}

torch::Tensor sum(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.sum(axes, keep, x.scalar_type());
}

torch::Tensor mean(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.mean(axes, keep);
}

torch::Tensor most(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.amax(axes, keep);
}

torch::Tensor least(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.amin(axes, keep);
}

torch::Tensor prod(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    Sizes order = axes;
    std::sort(order.rbegin(), order.rend());
    torch::Tensor result = x;
    for (const std::int64_t axis : order)
        result = result.prod(axis, keep, x.scalar_type());
    return result;
}

torch::Tensor norm1(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.abs().sum(axes, keep, x.scalar_type());
}

torch::Tensor norm2(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return torch::linalg_vector_norm(x, 2, torch::IntArrayRef(axes), keep);
}

torch::Tensor logSum(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.sum(axes, keep).log();
}

torch::Tensor logSumExp(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.logsumexp(axes, keep);
}

torch::Tensor sumSquare(const torch::Tensor& x, const Sizes& axes, bool keep)
{
    return x.square().sum(axes, keep, x.scalar_type());
}

using ArgReduce = torch::Tensor (*)(const torch::Tensor& x, std::int64_t axis, bool keep);

torch::Tensor argMax(const torch::Tensor& x, std::int64_t axis, bool keep)
{
    return x.argmax(axis, keep);
}

torch::Tensor argMin(const torch::Tensor& x, std::int64_t axis, bool keep)
{
    return x.argmin(axis, keep);
}

template <ArgReduce function>
Kernel argReduction(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 0);
    const bool keep = site.attributes().integer("keepdims", 1) != 0;
    const bool last = site.attributes().integer("select_last_index", 0) != 0;
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t along = axisOf(axis, x.dim());
        return last ? x.size(along) - 1 - function(x.flip(along), along, keep) : function(x, along, keep);
    });
}

/// Of equal values the one with the lower index comes first, which ATen's own topk does not promise.
Kernel topK(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", -1);
    const bool largest = site.attributes().integer("largest", 1) != 0;
    const Sizes attribute = site.version() < 10 ? Sizes{site.attributes().integer("k")} : Sizes();
    return [=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t along = axisOf(axis, x.dim());
        const Sizes k = call.has(1) ? call.integers(1) : attribute;
        if (k.size() != 1 || x.dim() == 0 || k[0] < 0 || k[0] > x.size(along))
            throw Error("'k' does not fit the axis");
        auto [values, places] = torch::sort(x, /*stable=*/true, along, largest);
        return Tensors{values.narrow(along, 0, k[0]), places.narrow(along, 0, k[0])};
    };
}

Kernel cumulativeSum(const Site& site)
{
    const bool exclusive = site.attributes().integer("exclusive", 0) != 0;
    const bool reverse = site.attributes().integer("reverse", 0) != 0;
    return one([=](const Call& call) {
        const Sizes axes = call.integers(1);
        if (axes.size() != 1)
            throw Error("the axis is not one number");
        const std::int64_t along = axisOf(axes.front(), call.input(0).dim());
        const torch::Tensor x = reverse ? call.input(0).flip(along) : call.input(0);
        torch::Tensor result = x.cumsum(along, x.scalar_type());
        if (exclusive)
            result = result - x;
        return reverse ? result.flip(along) : result;
    });
}

} // namespace

void addReductions(KernelTable& table)
{
    table.add("ReduceSum", {.make = reduction<sum>, .maxInputs = 2, .hostInputs = 0b10});
    const auto add = [&](const char* op, Kernel (*make)(const Site&)) { table.add(op, {.make = make}); };
    add("ReduceMean", reduction<mean>);
    add("ReduceMax", reduction<most>);
    add("ReduceMin", reduction<least>);
    add("ReduceProd", reduction<prod>);
    add("ReduceL1", reduction<norm1>);
    add("ReduceL2", reduction<norm2>);
    add("ReduceLogSum", reduction<logSum>);
    add("ReduceLogSumExp", reduction<logSumExp>);
    add("ReduceSumSquare", reduction<sumSquare>);
    table.add("ArgMax", {.make = argReduction<argMax>, .realResult = false});
    table.add("ArgMin", {.make = argReduction<argMin>, .realResult = false});
    table.add("TopK", {.make = topK, .maxInputs = 2, .hostInputs = 0b10});
    table.add("CumSum",
              {.make = cumulativeSum, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10, .since = 11});
}

} // namespace assay::models::onnx
