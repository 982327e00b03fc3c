#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>

namespace assay::models::onnx {

namespace {

torch::Tensor numbers(const Sizes& values)
{
    return torch::tensor(values, torch::kInt64);
}

/// `start` and `end` came with opset 15.
Kernel shape(const Site& site)
{
    const std::int64_t start = site.attributes().integer("start", 0);
    const std::int64_t end = site.attributes().integer("end", INT64_MAX);
    return one([=](const Call& call) {
        const Sizes sizes = sizesOf(call.input(0));
        const auto rank = static_cast<std::int64_t>(sizes.size());
        const auto place = [&](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
        };
        const std::int64_t first = place(start);
        const std::int64_t last = std::max(first, place(end));
        return numbers({sizes.begin() + first, sizes.begin() + last});
    });
}

Kernel size(const Site&)
{
    return one([](const Call& call) { return torch::scalar_tensor(call.input(0).numel(), torch::kInt64); });
}

Kernel reshape(const Site& site)
{
    const bool zeros = site.attributes().integer("allowzero", 0) != 0;
    return one([zeros](const Call& call) {
        const torch::Tensor& x = call.input(0);
        Sizes shape = call.integers(1);
        for (std::size_t d = 0; d < shape.size(); ++d) {
            if (shape[d] < -1)
                throw Error("the new shape has the size " + std::to_string(shape[d]));
            if (shape[d] == 0 && !zeros)
                shape[d] = x.size(axisOf(static_cast<std::int64_t>(d), x.dim()));
        }
        return x.reshape(shape);
    });
}

Kernel flatten(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 1);
    return one([axis](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t first = axis == x.dim() ? axis : axisOf(axis, x.dim());
        std::int64_t rows = 1;
        for (std::int64_t d = 0; d < first; ++d)
            rows *= x.size(d);
        return x.reshape({rows, rows == 0 ? 0 : x.numel() / rows});
    });
}

Kernel transpose(const Site& site)
{
    const Sizes order = site.attributes().integers("perm", {});
    return one([order](const Call& call) {
        const torch::Tensor& x = call.input(0);
        Sizes axes = order;
        for (std::int64_t d = x.dim() - 1; order.empty() && d >= 0; --d)
            axes.push_back(d);
        return x.permute(axes);
    });
}

/// Axes are an attribute before opset 13, then an input.
Sizes axesGiven(const Call& call, const Sizes& attribute)
{
    return call.has(1) ? call.integers(1) : attribute;
}

Kernel squeeze(const Site& site)
{
    const Sizes attribute = site.attributes().integers("axes", {});
    return one([attribute](const Call& call) {
        torch::Tensor x = call.input(0);
        Sizes axes = axesOf(axesGiven(call, attribute), x.dim());
        if (axes.empty())
            return x.squeeze();
        std::sort(axes.rbegin(), axes.rend());
        axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
        for (const std::int64_t axis : axes) {
            if (x.size(axis) != 1)
                throw Error("axis " + std::to_string(axis) + " has " + std::to_string(x.size(axis)) +
                            " elements and cannot be taken out");
            x = x.squeeze(axis);
        }
        return x;
    });
}

Kernel unsqueeze(const Site& site)
{
    const Sizes attribute = site.attributes().integers("axes", {});
    return one([attribute](const Call& call) {
        torch::Tensor x = call.input(0);
        const Sizes given = axesGiven(call, attribute);
        const auto added = static_cast<std::int64_t>(given.size());
        if (x.dim() + added > call.limits().rank)
            throw Error("the result would have " + std::to_string(x.dim() + added) + " axes");
        Sizes axes = axesOf(given, x.dim() + added);
        std::sort(axes.begin(), axes.end());
        for (const std::int64_t axis : axes)
            x = x.unsqueeze(axis);
        return x;
    });
}

Kernel expand(const Site&)
{
    return one([](const Call& call) {
        const torch::Tensor& x = call.input(0);
        Sizes shape = call.integers(1);
        // Broadcast both ways: a 1 in the shape leaves the input's size.
        while (static_cast<std::int64_t>(shape.size()) < x.dim())
            shape.insert(shape.begin(), 1);
        const std::size_t offset = shape.size() - static_cast<std::size_t>(x.dim());
        for (std::size_t d = offset; d < shape.size(); ++d) {
            if (shape[d] == 1)
                shape[d] = x.size(static_cast<std::int64_t>(d - offset));
        }
        call.requireModest(shape);
        return x.expand(shape);
    });
}

Kernel tile(const Site&)
{
    return one([](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const Sizes repeats = call.integers(1);
        if (static_cast<std::int64_t>(repeats.size()) != x.dim())
            throw Error("'repeats' has " + std::to_string(repeats.size()) + " numbers for " +
                        std::to_string(x.dim()) + " axes");
        Sizes shape = bounded(repeats, "repeats", 0, call.limits().elements);
        for (std::size_t d = 0; d < shape.size(); ++d)
            shape[d] *= std::max<std::int64_t>(1, x.size(static_cast<std::int64_t>(d)));
        call.requireModest(bounded(shape, "repeats", 0, call.limits().elements));
        return x.repeat(repeats);
    });
}

Kernel constantOfShape(const Site& site)
{
    torch::Tensor value = torch::zeros({1});
    if (site.attributes().has("value"))
        value = site.attributes().tensor("value").reshape({-1});
    if (value.numel() != 1)
        throw Error("attribute 'value' has " + std::to_string(value.numel()) + " elements instead of one");
    return one([value](const Call& call) {
        const Sizes shape = call.integers(0);
        call.requireModest(shape);
        return value.expand({1}).reshape({}).expand(shape).contiguous();
    });
}

Kernel range(const Site&)
{
    return one([](const Call& call) {
        const double start = call.reals(0).at(0);
        const double limit = call.reals(1).at(0);
        const double delta = call.reals(2).at(0);
        const double count = std::ceil((limit - start) / delta);
        if (!std::isfinite(count) || count > static_cast<double>(call.limits().elements))
            throw Error("a range from " + std::to_string(start) + " to " + std::to_string(limit) +
                        " in steps of " + std::to_string(delta) + " is none");
        const torch::Tensor steps =
            torch::arange(static_cast<std::int64_t>(std::max(0.0, count)), torch::kFloat64);
        return (steps * delta + start).to(call.input(0).scalar_type());
    });
}

/// Blocks of channels become blocks of pixels; which of them run first is the mode.
Kernel depthToSpace(const Site& site)
{
    const std::int64_t b = bounded({site.attributes().integer("blocksize")}, "blocksize", 1, 8192).front();
    const std::string mode = site.attributes().text("mode", "DCR");
    if (mode != "DCR" && mode != "CRD")
        throw Error("'mode' is '" + mode.substr(0, 40) + "'");
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        if (x.dim() != 4 || x.size(1) % (b * b) != 0)
            throw Error("the input does not consist of blocks of " + std::to_string(b * b) + " channels");
        const std::int64_t n = x.size(0), c = x.size(1) / (b * b), h = x.size(2), w = x.size(3);
        const torch::Tensor blocks = mode == "DCR"
                                         ? x.reshape({n, b, b, c, h, w}).permute({0, 3, 4, 1, 5, 2})
                                         : x.reshape({n, c, b, b, h, w}).permute({0, 1, 4, 2, 5, 3});
        return blocks.reshape({n, c, h * b, w * b});
    });
}

Kernel spaceToDepth(const Site& site)
{
    const std::int64_t b = bounded({site.attributes().integer("blocksize")}, "blocksize", 1, 8192).front();
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        if (x.dim() != 4 || x.size(2) % b != 0 || x.size(3) % b != 0)
            throw Error("the input does not consist of blocks of " + std::to_string(b) + " pixels");
        const std::int64_t n = x.size(0), c = x.size(1), h = x.size(2) / b, w = x.size(3) / b;
        return x.reshape({n, c, h, b, w, b}).permute({0, 3, 5, 1, 2, 4}).reshape({n, c * b * b, h, w});
    });
}

} // namespace

void addShapes(KernelTable& table)
{
    table.add("Shape", {.make = shape, .hostResult = true, .realResult = false});
    table.add("Size", {.make = size, .hostResult = true, .realResult = false});
    table.add("Reshape", {.make = reshape, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10});
    table.add("Flatten", {.make = flatten});
    table.add("Transpose", {.make = transpose});
    table.add("Squeeze", {.make = squeeze, .maxInputs = 2, .hostInputs = 0b10});
    table.add("Unsqueeze", {.make = unsqueeze, .maxInputs = 2, .hostInputs = 0b10});
    table.add("Expand", {.make = expand, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10});
    table.add("Tile", {.make = tile, .minInputs = 2, .maxInputs = 2, .hostInputs = 0b10});
    table.add("ConstantOfShape", {.make = constantOfShape, .hostInputs = 0b1});
    table.add("Range", {.make = range, .minInputs = 3, .maxInputs = 3, .hostInputs = 0b111, .since = 11});
    table.add("DepthToSpace", {.make = depthToSpace});
    table.add("SpaceToDepth", {.make = spaceToDepth});
}

} // namespace assay::models::onnx
