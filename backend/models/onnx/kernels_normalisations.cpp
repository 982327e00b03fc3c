#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

namespace assay::models::onnx {

namespace {

Kernel batchNormalization(const Site& site)
{
    if (site.attributes().integer("training_mode", 0) != 0)
        throw Error("'training_mode' is on; export the network in evaluation mode");
    const double epsilon = site.attributes().real("epsilon", 1e-5);
    return one([epsilon](const Call& call) {
        return torch::batch_norm(call.input(0), call.input(1), call.input(2), call.input(3), call.input(4),
                                 false, 0, epsilon, true);
    });
}

Kernel instanceNormalization(const Site& site)
{
    const double epsilon = site.attributes().real("epsilon", 1e-5);
    return one([epsilon](const Call& call) {
        return torch::instance_norm(call.input(0), call.input(1), call.input(2), {}, {}, true, 0, epsilon,
                                    false);
    });
}

Kernel layerNormalization(const Site& site)
{
    const double epsilon = site.attributes().real("epsilon", 1e-5);
    const std::int64_t axis = site.attributes().integer("axis", -1);
    return [=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t first = axisOf(axis, x.dim());
        const Sizes shape(x.sizes().begin() + first, x.sizes().end());
        const auto fitted = [&](std::size_t i) {
            if (!call.has(i))
                return torch::Tensor();
            return call.input(i).sizes() == torch::IntArrayRef(shape)
                       ? call.input(i)
                       : call.input(i).expand(shape).contiguous();
        };
        auto [y, mean, deviation] = torch::native_layer_norm(x, shape, fitted(1), fitted(2), epsilon);
        return Tensors{y, mean, deviation};
    };
}

/// Over axes given, to mean 0 and variance 1; the 1e-9 is the reference's.
Kernel meanVariance(const Site& site)
{
    const Sizes axes = site.attributes().integers("axes", {0, 2, 3});
    return one([axes](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const Sizes over = axesOf(axes, x.dim());
        const torch::Tensor centred = x - x.mean(over, true);
        return centred / (centred.square().mean(over, true).sqrt() + 1e-9);
    });
}

/// x / (bias + alpha mean(x^2))^beta, the mean over `size` neighbouring channels, zeros beyond the ends.
Kernel localResponse(const Site& site)
{
    const double alpha = site.attributes().real("alpha", 1e-4);
    const double beta = site.attributes().real("beta", 0.75);
    const double bias = site.attributes().real("bias", 1);
    const std::int64_t size = bounded({site.attributes().integer("size")}, "size", 1, 8192).front();
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        if (x.dim() < 2)
            throw Error("the input has " + std::to_string(x.dim()) + " axes");
        const torch::Tensor squares = x.square().reshape({x.size(0), 1, x.size(1), -1});
        const std::int64_t before = (size - 1) / 2;
        const torch::Tensor wide = torch::constant_pad_nd(squares, {0, 0, before, size - 1 - before}, 0);
        const torch::Tensor mean = torch::avg_pool2d(wide, {size, 1}, {1, 1});
        return x / (mean * alpha + bias).pow(beta).reshape(x.sizes());
    });
}

Kernel lpNormalization(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", -1);
    const std::int64_t p = bounded({site.attributes().integer("p", 2)}, "p", 1, 2).front();
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        return x / x.norm(p, {axisOf(axis, x.dim())}, true);
    });
}

} // namespace

void addNormalisations(KernelTable& table)
{
    table.add("BatchNormalization",
              {.make = batchNormalization, .minInputs = 5, .maxInputs = 5, .freshResult = true});
    table.add("InstanceNormalization", {.make = instanceNormalization, .minInputs = 3, .maxInputs = 3});
    table.add("LayerNormalization",
              {.make = layerNormalization, .minInputs = 2, .maxInputs = 3, .since = 17});
    table.add("MeanVarianceNormalization", {.make = meanVariance});
    table.add("LRN", {.make = localResponse});
    table.add("LpNormalization", {.make = lpNormalization});
}

} // namespace assay::models::onnx
