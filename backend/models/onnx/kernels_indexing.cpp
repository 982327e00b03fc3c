#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::models::onnx {

namespace {

/// On a GPU an index out of range ends the process: a constant one is found out here.
void requireWithin(const torch::Tensor& indices, std::int64_t size)
{
    if (indices.numel() == 0 || indices.device() != torch::kCPU)
        return;
    const std::int64_t least = indices.min().item<std::int64_t>();
    const std::int64_t most = indices.max().item<std::int64_t>();
    if (least < 0 || most >= size)
        throw Error("an index is out of the range of " + std::to_string(size) + " elements");
}

torch::Tensor gather(const Call& call, std::int64_t axis)
{
    const torch::Tensor& x = call.input(0);
    const torch::Tensor& indices = call.input(1);
    const std::int64_t along = axisOf(axis, x.dim());
    Sizes shape(x.sizes().begin(), x.sizes().begin() + along);
    shape.insert(shape.end(), indices.sizes().begin(), indices.sizes().end());
    shape.insert(shape.end(), x.sizes().begin() + along + 1, x.sizes().end());
    call.requireModest(shape);
    const torch::Tensor flat = fromFront(indices, x.size(along)).reshape({-1});
    requireWithin(flat, x.size(along));
    return x.index_select(along, flat).reshape(shape);
}

Kernel gatherKernel(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 0);
    const torch::Tensor constant = site.constant(1);
    // One place: a view, where a table of one would copy.
    if (constant.defined() && constant.dim() == 0 && !constant.is_floating_point()) {
        const std::int64_t place = constant.item<std::int64_t>();
        return one([=](const Call& call) {
            const torch::Tensor& x = call.input(0);
            const std::int64_t along = axisOf(axis, x.dim());
            if (place < -x.size(along) || place >= x.size(along))
                throw Error("an index is out of the range of " + std::to_string(x.size(along)) + " elements");
            return x.select(along, place);
        });
    }
    return one([axis](const Call& call) { return gather(call, axis); });
}

Kernel gatherElements(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 0);
    return one([axis](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t along = axisOf(axis, x.dim());
        const torch::Tensor indices = fromFront(call.input(1), x.size(along));
        requireWithin(indices, x.size(along));
        return torch::gather(x, along, indices);
    });
}

/// Element-wise places of the last axis of @p indices, [..., depth], in the @p depth axes of @p sizes.
torch::Tensor linearPlaces(const torch::Tensor& indices, torch::IntArrayRef sizes)
{
    const std::int64_t depth = indices.size(-1);
    torch::Tensor places = torch::zeros({indices.numel() / std::max<std::int64_t>(1, depth)},
                                        indices.options().dtype(torch::kInt64));
    for (std::int64_t d = 0; d < depth; ++d) {
        const std::int64_t size = sizes[static_cast<std::size_t>(d)];
        const torch::Tensor column = fromFront(indices.select(-1, d).reshape({-1}), size);
        requireWithin(column, size);
        places = places * size + column;
    }
    return places;
}

Sizes joined(torch::IntArrayRef first, torch::IntArrayRef second)
{
    Sizes result = first.vec();
    result.insert(result.end(), second.begin(), second.end());
    return result;
}

std::int64_t product(torch::IntArrayRef sizes)
{
    std::int64_t result = 1;
    for (const std::int64_t size : sizes)
        result *= size;
    return result;
}

void requireDepth(const torch::Tensor& x, const torch::Tensor& indices, std::int64_t batchAxes)
{
    if (indices.dim() <= batchAxes || indices.size(-1) < 1 || indices.size(-1) > x.dim() - batchAxes)
        throw Error("the indices do not fit an input of " + std::to_string(x.dim()) + " axes");
}

torch::Tensor gatherPlaces(const Call& call, std::int64_t batchAxes)
{
    const torch::Tensor& x = call.input(0);
    const torch::Tensor& indices = call.input(1);
    if (batchAxes < 0 || batchAxes >= x.dim())
        throw Error("'batch_dims' is " + std::to_string(batchAxes));
    requireDepth(x, indices, batchAxes);
    const torch::IntArrayRef sizes = x.sizes();
    if (sizes.slice(0, static_cast<std::size_t>(batchAxes)) !=
        indices.sizes().slice(0, static_cast<std::size_t>(batchAxes)))
        throw Error("the batch axes of the input and of the indices differ");
    const auto depth = static_cast<std::size_t>(indices.size(-1));
    const auto batch = static_cast<std::size_t>(batchAxes);
    const torch::IntArrayRef indexed = sizes.slice(batch, depth);
    const torch::IntArrayRef rest = sizes.slice(batch + depth);
    const std::int64_t batches = product(sizes.slice(0, batch));
    torch::Tensor places = linearPlaces(indices, indexed).reshape({batches, -1});
    places = places + torch::arange(batches, places.options()).view({-1, 1}) * product(indexed);
    const Sizes shape = joined(indices.sizes().slice(0, static_cast<std::size_t>(indices.dim()) - 1), rest);
    call.requireModest(shape);
    return x.reshape({batches * product(indexed), product(rest)})
        .index_select(0, places.reshape({-1}))
        .reshape(shape);
}

Kernel gatherNd(const Site& site)
{
    const std::int64_t batchAxes = site.attributes().integer("batch_dims", 0);
    return one([batchAxes](const Call& call) { return gatherPlaces(call, batchAxes); });
}

enum class Reduction { None, Add, Multiply };

Reduction reductionOf(const Site& site)
{
    const std::string name = site.attributes().text("reduction", "none");
    if (name == "none")
        return Reduction::None;
    if (name == "add")
        return Reduction::Add;
    if (name == "mul")
        return Reduction::Multiply;
    throw Error("'reduction' is '" + name.substr(0, 40) + "'");
}

Kernel scatterElements(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", 0);
    const Reduction reduction = reductionOf(site);
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const std::int64_t along = axisOf(axis, x.dim());
        const torch::Tensor indices = fromFront(call.input(1), x.size(along));
        requireWithin(indices, x.size(along));
        switch (reduction) {
        case Reduction::None:
            return x.scatter(along, indices, call.input(2));
        case Reduction::Add:
            return x.scatter_add(along, indices, call.input(2));
        default:
            return x.scatter(along, indices, call.input(2), "multiply");
        }
    });
}

torch::Tensor scatterPlaces(const Call& call, Reduction reduction)
{
    const torch::Tensor& x = call.input(0);
    const torch::Tensor& indices = call.input(1);
    requireDepth(x, indices, 0);
    const auto depth = static_cast<std::size_t>(indices.size(-1));
    const torch::IntArrayRef indexed = x.sizes().slice(0, depth);
    const torch::IntArrayRef rest = x.sizes().slice(depth);
    const torch::Tensor places = linearPlaces(indices, indexed);
    const torch::Tensor rows = x.reshape({product(indexed), product(rest)});
    const torch::Tensor updates = call.input(2).reshape({places.numel(), product(rest)});
    torch::Tensor result;
    if (reduction == Reduction::None)
        result = rows.index_put({places}, updates);
    else if (reduction == Reduction::Add)
        result = rows.index_put({places}, updates, true);
    else
        result = rows.scatter(0, places.view({-1, 1}).expand_as(updates), updates, "multiply");
    return result.reshape(x.sizes());
}

Kernel scatterNd(const Site& site)
{
    const Reduction reduction = reductionOf(site);
    return one([reduction](const Call& call) { return scatterPlaces(call, reduction); });
}

Kernel nonZero(const Site&)
{
    return one([](const Call& call) { return call.input(0).nonzero().t(); });
}

Kernel compress(const Site& site)
{
    const bool flat = !site.attributes().has("axis");
    const std::int64_t axis = site.attributes().integer("axis", 0);
    return one([=](const Call& call) {
        const torch::Tensor x = flat ? call.input(0).reshape({-1}) : call.input(0);
        const torch::Tensor places = call.input(1).to(torch::kBool).reshape({-1}).nonzero().reshape({-1});
        return x.index_select(axisOf(axis, x.dim()), places);
    });
}

/// Indices outside of the range give a row of "off".
Kernel oneHot(const Site& site)
{
    const std::int64_t axis = site.attributes().integer("axis", -1);
    return one([axis](const Call& call) {
        const std::vector<double> depths = call.reals(1);
        const torch::Tensor& values = call.input(2);
        if (depths.size() != 1 || depths[0] < 1 || depths[0] > 1e6 || values.numel() != 2)
            throw Error("the depth or the pair of values is none");
        const auto depth = static_cast<std::int64_t>(depths[0]);
        const torch::Tensor indices = fromFront(call.input(0), depth);
        Sizes shape = sizesOf(indices);
        shape.push_back(depth);
        call.requireModest(shape);
        const torch::Tensor hit = indices.unsqueeze(-1) == torch::arange(depth, indices.options());
        const torch::Tensor flat = values.reshape({2});
        return torch::where(hit, flat[1], flat[0]).movedim(-1, axisOf(axis, indices.dim() + 1));
    });
}

Kernel trilu(const Site& site)
{
    const bool upper = site.attributes().integer("upper", 1) != 0;
    return one([upper](const Call& call) {
        std::int64_t k = 0;
        if (call.has(1)) {
            const Sizes given = call.integers(1);
            if (given.size() != 1)
                throw Error("the diagonal is not one number");
            k = std::clamp<std::int64_t>(given.front(), -(1LL << 31), 1LL << 31);
        }
        const torch::Tensor& x = call.input(0);
        return upper ? x.triu(k) : x.tril(k);
    });
}

} // namespace

void addIndexing(KernelTable& table)
{
    table.add("Gather", {.make = gatherKernel, .minInputs = 2, .maxInputs = 2});
    table.add("GatherElements", {.make = gatherElements, .minInputs = 2, .maxInputs = 2, .since = 11});
    table.add("GatherND", {.make = gatherNd, .minInputs = 2, .maxInputs = 2, .since = 11});
    table.add("Scatter", {.make = scatterElements, .minInputs = 3, .maxInputs = 3});
    table.add("ScatterElements", {.make = scatterElements, .minInputs = 3, .maxInputs = 3, .since = 11});
    table.add("ScatterND", {.make = scatterNd, .minInputs = 3, .maxInputs = 3, .since = 11});
    table.add("NonZero", {.make = nonZero, .realResult = false});
    table.add("Compress", {.make = compress, .minInputs = 2, .maxInputs = 2});
    table.add("OneHot", {.make = oneHot, .minInputs = 3, .maxInputs = 3, .hostInputs = 0b10});
    table.add("Trilu", {.make = trilu, .maxInputs = 2, .hostInputs = 0b10, .since = 14});
}

} // namespace assay::models::onnx
