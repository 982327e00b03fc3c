#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <limits>

namespace assay::models::onnx {

namespace {

struct Pool
{
    Window window;
    bool ceil = false;
    bool countPads = false;
};

Pool readPool(const Site& site)
{
    Pool pool{.window = readWindow(site)};
    if (pool.window.kernel.empty())
        throw Error("attribute 'kernel_shape' is missing");
    pool.window.complete(pool.window.kernel.size());
    pool.ceil = site.attributes().integer("ceil_mode", 0) != 0;
    pool.countPads = site.attributes().integer("count_include_pad", 0) != 0;
    return pool;
}

/// ATen pads the same at both sides, and no further than half a window.
bool atenTakes(const Sizes& pads, const Sizes& kernel)
{
    for (std::size_t d = 0; d < kernel.size(); ++d) {
        if (pads[d] > kernel[d] / 2)
            return false;
    }
    return isSymmetric(pads);
}

torch::Tensor maxPool(const torch::Tensor& x, const Pool& pool, const Sizes& padding)
{
    const Window& w = pool.window;
    switch (w.kernel.size()) {
    case 1:
        return torch::max_pool1d(x, w.kernel, w.strides, padding, w.dilations, pool.ceil);
    case 2:
        return torch::max_pool2d(x, w.kernel, w.strides, padding, w.dilations, pool.ceil);
    default:
        return torch::max_pool3d(x, w.kernel, w.strides, padding, w.dilations, pool.ceil);
    }
}

std::tuple<torch::Tensor, torch::Tensor> maxPoolIndices(const torch::Tensor& x, const Pool& pool,
                                                        const Sizes& padding)
{
    const Window& w = pool.window;
    switch (w.kernel.size()) {
    case 1:
        return torch::max_pool1d_with_indices(x, w.kernel, w.strides, padding, w.dilations, pool.ceil);
    case 2:
        return torch::max_pool2d_with_indices(x, w.kernel, w.strides, padding, w.dilations, pool.ceil);
    default:
        return torch::max_pool3d_with_indices(x, w.kernel, w.strides, padding, w.dilations, pool.ceil);
    }
}

torch::Tensor avgPool(const torch::Tensor& x, const Pool& pool, const Sizes& padding, bool countPads)
{
    const Window& w = pool.window;
    switch (w.kernel.size()) {
    case 1:
        return torch::avg_pool1d(x, w.kernel, w.strides, padding, pool.ceil, countPads);
    case 2:
        return torch::avg_pool2d(x, w.kernel, w.strides, padding, pool.ceil, countPads);
    default:
        return torch::avg_pool3d(x, w.kernel, w.strides, padding, pool.ceil, countPads);
    }
}

/// ATen pools floating-point numbers only; single precision holds every small integer.
torch::Tensor asReal(const torch::Tensor& x)
{
    if (x.is_floating_point())
        return x;
    return x.to(x.element_size() > 2 ? torch::kFloat64 : torch::kFloat32);
}

Tensors maxPoolCall(const Call& call, const Pool& pool, bool indices)
{
    torch::Tensor x = asReal(call.input(0));
    const auto type = call.input(0).scalar_type();
    Sizes pads = pool.window.padsFor(pool.window.kernel, x);
    if (!atenTakes(pads, pool.window.kernel)) {
        if (indices)
            throw Error("indices of a maximum with such pads are not computed");
        x = padded(call, x, pads, -std::numeric_limits<double>::infinity());
        std::fill(pads.begin(), pads.end(), 0);
    }
    if (!indices)
        return {maxPool(x, pool, begins(pads)).to(type)};
    auto [y, places] = maxPoolIndices(x, pool, begins(pads));
    // ATen counts within a channel, ONNX within the whole tensor.
    const std::int64_t area = x.numel() / std::max<std::int64_t>(1, x.size(0) * x.size(1));
    Sizes shape(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = x.size(0);
    shape[1] = x.size(1);
    const torch::Tensor offset = torch::arange(x.size(0) * x.size(1), places.options()).view(shape) * area;
    return {y.to(type), places + offset};
}

Kernel maxPoolKernel(const Site& site)
{
    if (site.attributes().integer("storage_order", 0) != 0 && wantsOutput(site, 1))
        throw Error("indices in column-major order are not computed");
    return [pool = readPool(site), indices = wantsOutput(site, 1)](const Call& call) {
        return maxPoolCall(call, pool, indices);
    };
}

torch::Tensor averagePool(const Call& call, const Pool& pool)
{
    const torch::Tensor& x = call.input(0);
    const Sizes pads = pool.window.padsFor(pool.window.kernel, x);
    if (atenTakes(pads, pool.window.kernel))
        return avgPool(x, pool, begins(pads), pool.countPads);
    const Sizes none(pool.window.kernel.size(), 0);
    const torch::Tensor sums = avgPool(padded(call, x, pads, 0), pool, none, true);
    if (pool.countPads)
        return sums;
    Sizes plane = sizesOf(x);
    plane[0] = plane[1] = 1;
    const torch::Tensor inside = padded(call, torch::ones(plane, x.options()), pads, 0);
    return sums / avgPool(inside, pool, none, true);
}

Kernel averagePoolKernel(const Site& site)
{
    Pool pool = readPool(site);
    if (std::any_of(pool.window.dilations.begin(), pool.window.dilations.end(),
                    [](std::int64_t d) { return d != 1; }))
        throw Error("'dilations' of an average are not of these operator sets");
    return one([pool](const Call& call) { return averagePool(call, pool); });
}

Sizes spatialAxes(const torch::Tensor& x)
{
    if (x.dim() < 3)
        throw Error("the input has " + std::to_string(x.dim()) + " axes");
    Sizes axes;
    for (std::int64_t d = 2; d < x.dim(); ++d)
        axes.push_back(d);
    return axes;
}

Kernel globalAverage(const Site&)
{
    return one([](const Call& call) { return call.input(0).mean(spatialAxes(call.input(0)), true); });
}

Kernel globalMax(const Site&)
{
    return one([](const Call& call) { return call.input(0).amax(spatialAxes(call.input(0)), true); });
}

} // namespace

void addPooling(KernelTable& table)
{
    table.add("MaxPool", {.make = maxPoolKernel});
    table.add("AveragePool", {.make = averagePoolKernel});
    table.add("GlobalAveragePool", {.make = globalAverage});
    table.add("GlobalMaxPool", {.make = globalMax});
}

} // namespace assay::models::onnx
