#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

namespace assay::models::onnx {

namespace {

/// One number, or one for each element of the axis, laid along it.
torch::Tensor alongAxis(const torch::Tensor& values, const torch::Tensor& x, std::int64_t axis)
{
    if (values.numel() == 1)
        return values.reshape({});
    Sizes shape(static_cast<std::size_t>(x.dim()), 1);
    shape[static_cast<std::size_t>(axisOf(axis, x.dim()))] = -1;
    return values.view(shape);
}

/// saturate(round(x / scale) + zero), halves to even; the gradient is zero, as that of any rounding.
Kernel quantize(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 1);
    return one([axis](const Call& call) {
        const torch::Tensor& x = call.input(0);
        torch::Tensor level = torch::round(x / alongAxis(call.input(1), x, axis));
        const auto type = call.has(2) ? call.input(2).scalar_type() : torch::kUInt8;
        if (call.has(2))
            level = level + alongAxis(call.input(2).to(level.scalar_type()), x, axis);
        const bool isSigned = type == torch::kInt8;
        if (!isSigned && type != torch::kUInt8)
            throw Error("levels must be of one byte");
        return level.clamp(isSigned ? -128 : 0, isSigned ? 127 : 255).to(type);
    });
}

Kernel dequantize(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 1);
    return one([axis](const Call& call) {
        const torch::Tensor& scale = call.input(1);
        torch::Tensor level = call.input(0).to(scale.scalar_type());
        if (call.has(2))
            level = level - alongAxis(call.input(2).to(scale.scalar_type()), level, axis);
        return level * alongAxis(scale, level, axis);
    });
}

} // namespace

void addQuantisation(KernelTable& table)
{
    table.add("QuantizeLinear",
              {.make = quantize, .minInputs = 2, .maxInputs = 3, .realResult = false, .since = 10});
    table.add("DequantizeLinear", {.make = dequantize, .minInputs = 2, .maxInputs = 3, .since = 10});
}

} // namespace assay::models::onnx
