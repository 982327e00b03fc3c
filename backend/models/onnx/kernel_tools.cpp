#include "backend/models/onnx/kernel_tools.h"

#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::models::onnx {

namespace {

/// Larger windows, strides and pads than any network has.
constexpr std::int64_t kMostWindow = 2048;
constexpr std::size_t kMostSpatial = 3;

} // namespace

torch::ScalarType scalarType(std::int64_t dataType)
{
    // The numbers are those of TensorProto.DataType in onnx.proto.
    switch (dataType) {
    case 1:
        return torch::kFloat32;
    case 2:
        return torch::kUInt8;
    case 3:
        return torch::kInt8;
    case 4: // uint16
    case 6:
        return torch::kInt32;
    case 5:
        return torch::kInt16;
    case 7:
    case 12: // uint32
    case 13: // uint64
        return torch::kInt64;
    case 9:
        return torch::kBool;
    case 10:
        return torch::kFloat16;
    case 11:
        return torch::kFloat64;
    case 16:
        return torch::kBFloat16;
    default:
        throw Error("tensors of the type number " + std::to_string(dataType) +
                    " (texts, complex numbers) are not computed with");
    }
}

std::int64_t axisOf(std::int64_t axis, std::int64_t rank)
{
    if (axis < -rank || axis >= std::max<std::int64_t>(rank, 1))
        throw Error("there is no axis " + std::to_string(axis) + " among " + std::to_string(rank));
    return axis < 0 ? axis + rank : axis;
}

std::vector<std::int64_t> axesOf(const Sizes& axes, std::int64_t rank)
{
    Sizes result;
    for (const std::int64_t axis : axes)
        result.push_back(axisOf(axis, rank));
    return result;
}

Sizes sizesOf(const torch::Tensor& tensor)
{
    return tensor.sizes().vec();
}

torch::Tensor fromFront(const torch::Tensor& indices, std::int64_t size)
{
    const torch::Tensor wide = indices.to(torch::kInt64);
    return torch::where(wide < 0, wide + size, wide);
}

Sizes bounded(Sizes values, const char* what, std::int64_t least, std::int64_t most)
{
    for (const std::int64_t value : values) {
        if (value < least || value > most)
            throw Error("'" + std::string(what) + "' has the value " + std::to_string(value) +
                        "; it must be within " + std::to_string(least) + " and " + std::to_string(most));
    }
    return values;
}

bool wantsOutput(const Site& site, std::size_t i)
{
    return i < site.node.outputs.size() && site.node.outputs[i] != graph::kNoValue;
}

void Window::complete(std::size_t spatial)
{
    if (spatial == 0 || spatial > kMostSpatial)
        throw Error("windows have one to three axes, not " + std::to_string(spatial));
    if (strides.empty())
        strides.assign(spatial, 1);
    if (dilations.empty())
        dilations.assign(spatial, 1);
    if (pads.empty())
        pads.assign(2 * spatial, 0);
    if (strides.size() != spatial || dilations.size() != spatial || pads.size() != 2 * spatial ||
        (!kernel.empty() && kernel.size() != spatial))
        throw Error("'kernel_shape', 'strides', 'dilations' and 'pads' do not fit each other");
}

Sizes Window::padsFor(const Sizes& kernelSize, const torch::Tensor& x) const
{
    const std::size_t spatial = kernelSize.size();
    if (static_cast<std::size_t>(x.dim()) != spatial + 2)
        throw Error("the input has " + std::to_string(x.dim()) + " axes instead of " +
                    std::to_string(spatial + 2));
    if (autoPad == Auto::None)
        return pads;
    Sizes result(2 * spatial, 0);
    if (autoPad == Auto::Valid)
        return result;
    for (std::size_t d = 0; d < spatial; ++d) {
        const std::int64_t in = x.size(static_cast<std::int64_t>(d) + 2);
        const std::int64_t out = (in + strides[d] - 1) / strides[d];
        const std::int64_t reach = (kernelSize[d] - 1) * dilations[d] + 1;
        const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * strides[d] + reach - in);
        const std::int64_t less = total / 2;
        result[d] = autoPad == Auto::SameUpper ? less : total - less;
        result[d + spatial] = total - result[d];
    }
    return result;
}

Window readWindow(const Site& site)
{
    const auto& attributes = site.attributes();
    Window window;
    window.kernel = bounded(attributes.integers("kernel_shape", {}), "kernel_shape", 1, kMostWindow);
    window.strides = bounded(attributes.integers("strides", {}), "strides", 1, kMostWindow);
    window.dilations = bounded(attributes.integers("dilations", {}), "dilations", 1, kMostWindow);
    window.pads = bounded(attributes.integers("pads", {}), "pads", 0, kMostWindow);
    const std::string mode = attributes.text("auto_pad", "NOTSET");
    if (mode == "SAME_UPPER")
        window.autoPad = Window::Auto::SameUpper;
    else if (mode == "SAME_LOWER")
        window.autoPad = Window::Auto::SameLower;
    else if (mode == "VALID")
        window.autoPad = Window::Auto::Valid;
    else if (mode != "NOTSET" && !mode.empty())
        throw Error("'auto_pad' is '" + mode.substr(0, 40) + "'");
    return window;
}

bool isSymmetric(const Sizes& pads)
{
    const auto half = static_cast<std::ptrdiff_t>(pads.size() / 2);
    return std::equal(pads.begin(), pads.begin() + half, pads.begin() + half);
}

Sizes begins(const Sizes& pads)
{
    return {pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2)};
}

torch::Tensor padded(const Call& call, const torch::Tensor& x, const Sizes& pads, double value)
{
    const std::size_t spatial = pads.size() / 2;
    Sizes lastFirst;
    Sizes shape = sizesOf(x);
    for (std::size_t d = spatial; d-- > 0;) {
        lastFirst.push_back(pads[d]);
        lastFirst.push_back(pads[d + spatial]);
        shape[d + 2] += pads[d] + pads[d + spatial];
    }
    call.requireModest(shape);
    return torch::constant_pad_nd(x, lastFirst, value);
}

} // namespace assay::models::onnx
