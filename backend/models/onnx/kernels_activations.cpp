#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <limits>

namespace assay::models::onnx {

namespace {

Kernel relu(const Site&)
{
    return one([](const Call& call) {
        torch::Tensor x = call.input(0);
        return call.mayOverwrite() ? x.relu_() : torch::relu(x);
    });
}

Kernel leakyRelu(const Site& site)
{
    const double slope = site.attributes().real("alpha", 0.01);
    return one([slope](const Call& call) {
        torch::Tensor x = call.input(0);
        // In place, the gradient is read off the result's sign: only of a positive slope.
        return call.mayOverwrite() && slope > 0 ? torch::leaky_relu_(x, slope) : torch::leaky_relu(x, slope);
    });
}

/// ATen's own is for one slope a channel; others are broadcast as anything is.
Kernel prelu(const Site&)
{
    return one([](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const torch::Tensor& slope = call.input(1);
        const bool perChannel = x.dim() >= 2 && slope.dim() == x.dim() - 1 && slope.size(0) == x.size(1) &&
                                slope.numel() == x.size(1);
        if (perChannel)
            return torch::prelu(x, slope.reshape({-1}));
        call.requireModestBroadcast(x, slope);
        return torch::where(x < 0, x * slope, x);
    });
}

Kernel elu(const Site& site)
{
    const double alpha = site.attributes().real("alpha", 1);
    return one([alpha](const Call& call) { return torch::elu(call.input(0), alpha); });
}

/// Defaults of the ONNX specification, which are the paper's constants rounded to single precision.
Kernel selu(const Site& site)
{
    const double alpha = site.attributes().real("alpha", 1.67326319217681884765625);
    const double gamma = site.attributes().real("gamma", 1.05070102214813232421875);
    return one([=](const Call& call) { return torch::elu(call.input(0), alpha, gamma); });
}

Kernel celu(const Site& site)
{
    const double alpha = site.attributes().real("alpha", 1);
    return one([alpha](const Call& call) { return torch::celu(call.input(0), alpha); });
}

Kernel hardSigmoid(const Site& site)
{
    const double alpha = site.attributes().real("alpha", 0.2);
    const double beta = site.attributes().real("beta", 0.5);
    return one([=](const Call& call) { return (call.input(0) * alpha + beta).clamp(0, 1); });
}

Kernel thresholdedRelu(const Site& site)
{
    const double alpha = site.attributes().real("alpha", 1);
    return one([alpha](const Call& call) { return torch::threshold(call.input(0), alpha, 0); });
}

Kernel shrink(const Site& site)
{
    const double lambda = site.attributes().real("lambd", 0.5);
    const double bias = site.attributes().real("bias", 0);
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const torch::Tensor outer = torch::where(x > lambda, x - bias, torch::zeros_like(x));
        return torch::where(x < -lambda, x + bias, outer);
    });
}

torch::Tensor softplus(const torch::Tensor& x)
{
    return torch::softplus(x);
}

/// Before opset 13, everything from the axis on is one axis.
template <torch::Tensor (*function)(const torch::Tensor&, std::int64_t)>
Kernel overAxis(const Site& site)
{
    const bool flattened = site.version() < 13;
    const std::int64_t axis = site.attributes().integer("axis", flattened ? 1 : -1);
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t first = axisOf(axis, x.dim());
        if (!flattened || first == x.dim() - 1)
            return function(x, first);
        std::int64_t rows = 1;
        for (std::int64_t d = 0; d < first; ++d)
            rows *= x.size(d);
        const std::int64_t columns = rows > 0 ? x.numel() / rows : 1;
        return function(x.reshape({rows, columns}), 1).reshape(x.sizes());
    });
}

torch::Tensor softmax(const torch::Tensor& x, std::int64_t axis)
{
    return torch::softmax(x, axis);
}

torch::Tensor logSoftmax(const torch::Tensor& x, std::int64_t axis)
{
    return torch::log_softmax(x, axis);
}

/// One where the largest is (the first of several), zero elsewhere.
torch::Tensor hardmax(const torch::Tensor& x, std::int64_t axis)
{
    return torch::zeros_like(x).scatter(axis, x.argmax(axis, true), 1);
}

torch::Tensor clamped(const torch::Tensor& x, std::optional<double> least, std::optional<double> most)
{
    const auto bound = [&](const std::optional<double>& value) -> std::optional<torch::Scalar> {
        if (!value)
            return std::nullopt;
        return x.is_floating_point() ? torch::Scalar(*value)
                                     : torch::Scalar(static_cast<std::int64_t>(*value));
    };
    if (!least && !most)
        return x;
    const auto low = bound(least);
    const auto high = bound(most);
    return torch::clamp(x, low ? c10::optional<torch::Scalar>(*low) : c10::nullopt,
                        high ? c10::optional<torch::Scalar>(*high) : c10::nullopt);
}

/// Bounds are attributes before opset 11, then inputs.
Kernel clip(const Site& site)
{
    if (site.version() < 11) {
        std::optional<double> least;
        std::optional<double> most;
        if (site.attributes().has("min"))
            least = site.attributes().real("min", 0);
        if (site.attributes().has("max"))
            most = site.attributes().real("max", 0);
        return one([=](const Call& call) { return clamped(call.input(0), least, most); });
    }
    return one([](const Call& call) {
        std::optional<double> bounds[2];
        for (std::size_t i = 0; i < 2; ++i) {
            if (!call.has(i + 1))
                continue;
            const auto values = call.reals(i + 1);
            if (values.size() != 1)
                throw Error("the bounds must be single numbers");
            bounds[i] = values.front();
        }
        return clamped(call.input(0), bounds[0], bounds[1]);
    });
}

/// Training is over: what comes in goes out.
Kernel dropout(const Site& site)
{
    const bool mask = wantsOutput(site, 1);
    return [mask](const Call& call) {
        if (call.has(2) && call.input(2).numel() > 0 && call.integers(2).front() != 0)
            throw Error("'training_mode' is on; export the network in evaluation mode");
        Tensors result = {call.input(0)};
        if (mask)
            result.push_back(torch::ones_like(call.input(0), torch::kBool));
        return result;
    };
}

Kernel identity(const Site&)
{
    return one([](const Call& call) { return call.input(0); });
}

} // namespace

void addActivations(KernelTable& table)
{
    table.add("Relu", {.make = relu, .overwrites = true});
    table.add("LeakyRelu", {.make = leakyRelu, .overwrites = true});
    table.add("PRelu", {.make = prelu, .minInputs = 2, .maxInputs = 2});
    table.add("Elu", {.make = elu});
    table.add("Selu", {.make = selu});
    table.add("Celu", {.make = celu, .since = 12});
    table.add("Sigmoid", {.make = unary<torch::sigmoid>});
    table.add("HardSigmoid", {.make = hardSigmoid});
    table.add("HardSwish", {.make = unary<torch::hardswish>, .since = 14});
    table.add("Tanh", {.make = unary<torch::tanh>});
    table.add("Softplus", {.make = unary<softplus>});
    table.add("ThresholdedRelu", {.make = thresholdedRelu, .since = 10});
    table.add("Shrink", {.make = shrink});
    table.add("Softmax", {.make = overAxis<softmax>});
    table.add("LogSoftmax", {.make = overAxis<logSoftmax>});
    table.add("Hardmax", {.make = overAxis<hardmax>});
    table.add("Clip", {.make = clip, .maxInputs = 3, .hostInputs = 0b110});
    table.add("Dropout", {.make = dropout, .maxInputs = 3, .hostInputs = 0b110});
    table.add("Identity", {.make = identity});
}

} // namespace assay::models::onnx
