#include "backend/models/onnx/kernels.h"
#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/tfjs/tfjs_graph.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models::tfjs {

namespace {

using onnx::Call;
using onnx::Kernel;
using onnx::one;
using onnx::Site;
using onnx::Sizes;

constexpr std::int64_t kMaxSide = 16384;

bool bit(std::int64_t mask, std::size_t i)
{
    return i < 63 && (mask >> i & 1) != 0;
}

struct SliceMasks
{
    std::int64_t begin, end, ellipsis, newAxis, shrink;
};

/// One axis of x[begin:end:stride], with what is left out taken to the end that the stride comes from.
torch::Tensor sliced(const torch::Tensor& x, std::int64_t axis, std::int64_t begin, std::int64_t end,
                     std::int64_t stride, bool openBegin, bool openEnd)
{
    const std::int64_t size = x.size(axis);
    const auto place = [&](std::int64_t at, std::int64_t low, std::int64_t high) {
        return std::clamp(at < 0 ? at + size : at, low, high);
    };
    if (stride > 0) {
        const std::int64_t first = openBegin ? 0 : place(begin, 0, size);
        const std::int64_t last = openEnd ? size : place(end, 0, size);
        return x.slice(axis, first, std::max(first, last), stride);
    }
    const std::int64_t first = openBegin ? size - 1 : place(begin, -1, size - 1);
    const std::int64_t last = openEnd ? -1 : place(end, -1, size - 1);
    std::vector<std::int64_t> taken;
    for (std::int64_t i = first; i > last; i += stride)
        taken.push_back(i);
    return x.index_select(axis, torch::tensor(taken, torch::kInt64).to(x.device()));
}

torch::Tensor slicedWithStrides(const Call& call, const SliceMasks& masks)
{
    torch::Tensor x = call.input(0);
    const Sizes begin = call.integers(1), end = call.integers(2), stride = call.integers(3);
    if (begin.size() != end.size() || begin.size() != stride.size())
        throw Error("begin, end and strides differ in length");
    std::int64_t axis = 0;
    for (std::size_t i = 0; i < begin.size(); ++i) {
        if (bit(masks.ellipsis, i)) {
            std::int64_t behind = 0;
            for (std::size_t j = i + 1; j < begin.size(); ++j)
                behind += !bit(masks.newAxis, j);
            axis = std::max(axis, x.dim() - behind);
            continue;
        }
        if (bit(masks.newAxis, i)) {
            x = x.unsqueeze(axis++);
            continue;
        }
        if (axis >= x.dim() || stride[i] == 0)
            throw Error("the slice has more axes than its input, or a stride of 0");
        if (bit(masks.shrink, i)) {
            const std::int64_t at = begin[i] < 0 ? begin[i] + x.size(axis) : begin[i];
            if (at < 0 || at >= x.size(axis))
                throw Error("index " + std::to_string(begin[i]) + " is outside an axis of " +
                            std::to_string(x.size(axis)));
            x = x.select(axis, at);
            continue;
        }
        x = sliced(x, axis, begin[i], end[i], stride[i], bit(masks.begin, i), bit(masks.end, i));
        ++axis;
    }
    return x;
}

Kernel stridedSliceKernel(const Site& site)
{
    const auto mask = [&](const char* name) { return site.attributes().integer(name, 0); };
    const SliceMasks masks{mask("begin_mask"), mask("end_mask"), mask("ellipsis_mask"), mask("new_axis_mask"),
                           mask("shrink_axis_mask")};
    return one([masks](const Call& call) { return slicedWithStrides(call, masks); });
}

/// Positions of the pixels of the result among those of the input.
torch::Tensor sourcePositions(std::int64_t in, std::int64_t out, bool alignCorners, bool halfPixel)
{
    const torch::Tensor i = torch::arange(out, torch::kFloat32);
    if (alignCorners && out > 1)
        return i * (static_cast<float>(in - 1) / static_cast<float>(out - 1));
    const float scale = static_cast<float>(in) / static_cast<float>(out);
    return halfPixel ? ((i + 0.5F) * scale - 0.5F).clamp_min(0) : i * scale;
}

torch::Tensor linearAlong(const torch::Tensor& x, std::int64_t axis, const torch::Tensor& positions)
{
    const std::int64_t last = x.size(axis) - 1;
    const torch::Tensor low = positions.floor().clamp(0, static_cast<double>(last));
    const torch::Tensor high = (low + 1).clamp_max(static_cast<double>(last));
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[static_cast<std::size_t>(axis)] = -1;
    const torch::Tensor part = (positions - low).clamp(0, 1).view(shape).to(x.options());
    const auto pick = [&](const torch::Tensor& at) {
        return x.index_select(axis, at.to(torch::kInt64).to(x.device()));
    };
    const torch::Tensor first = pick(low);
    return first + (pick(high) - first) * part;
}

struct ResizeRule
{
    bool alignCorners, halfPixel, nearest;
};

/// [N,H,W,C] to the size of input 1. TensorFlow's three rules of placing pixels; the oldest one (neither
/// flag) has no counterpart in ATen.
torch::Tensor resized(const Call& call, const ResizeRule& rule)
{
    torch::Tensor x = call.input(0);
    const Sizes size = onnx::bounded(call.integers(1), "size", 1, kMaxSide);
    if (x.dim() != 4 || size.size() != 2)
        throw Error("images of four axes and a size of two numbers were expected");
    call.requireModest(Sizes{x.size(0), size[0], size[1], x.size(3)});
    for (std::int64_t axis = 1; axis <= 2; ++axis) {
        const std::int64_t in = x.size(axis), out = size[static_cast<std::size_t>(axis - 1)];
        if (in == out)
            continue;
        torch::Tensor positions =
            sourcePositions(in, out, rule.alignCorners, rule.halfPixel && !rule.nearest);
        if (!rule.nearest) {
            x = linearAlong(x, axis, positions);
            continue;
        }
        if (rule.halfPixel)
            positions = sourcePositions(in, out, false, false) +
                        0.5F * static_cast<float>(in) / static_cast<float>(out);
        const torch::Tensor at = (rule.alignCorners ? (positions + 0.5F).floor() : positions.floor())
                                     .clamp(0, static_cast<double>(in - 1));
        x = x.index_select(axis, at.to(torch::kInt64).to(x.device()));
    }
    return x;
}

template <bool nearest>
Kernel resizeKernel(const Site& site)
{
    const ResizeRule rule{site.attributes().integer("align_corners", 0) != 0,
                          site.attributes().integer("half_pixel_centers", 0) != 0, nearest};
    return one([rule](const Call& call) { return resized(call, rule); });
}

Kernel floorDivide(const Site&)
{
    return one([](const Call& call) {
        call.requireModestBroadcast(call.input(0), call.input(1));
        return torch::div(call.input(0), call.input(1), "floor");
    });
}

/// For whole numbers and reals alike the sign of the divisor.
Kernel floorModulo(const Site&)
{
    return one([](const Call& call) {
        call.requireModestBroadcast(call.input(0), call.input(1));
        return torch::remainder(call.input(0), call.input(1));
    });
}

} // namespace

const graph::KernelTable& tfjsKernels()
{
    static const graph::KernelTable table = [] {
        graph::KernelTable all = onnx::onnxKernels();
        all.add("StridedSlice",
                {.make = stridedSliceKernel, .minInputs = 4, .maxInputs = 4, .hostInputs = 0b1110});
        all.add("ResizeBilinear",
                {.make = resizeKernel<false>, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10});
        all.add("ResizeNearestNeighbor",
                {.make = resizeKernel<true>, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10});
        all.add("FloorDiv", {.make = floorDivide, .minInputs = 2, .maxInputs = 2});
        all.add("FloorMod", {.make = floorModulo, .minInputs = 2, .maxInputs = 2});
        return all;
    }();
    return table;
}

} // namespace assay::models::tfjs
