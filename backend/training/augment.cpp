#include "backend/training/augment.h"

#include <torch/types.h>

namespace assay::training {

torch::Tensor augment(const torch::Tensor& x, const Augmentation& how, at::Generator generator)
{
    if (!how.flip && how.shift == 0)
        return x;
    using torch::indexing::Slice;
    const std::int64_t n = x.size(0);
    const std::int64_t height = x.size(2);
    const std::int64_t width = x.size(3);
    const std::int64_t s = how.shift;
    const auto integers = torch::TensorOptions().dtype(torch::kInt64);
    const torch::Tensor moves = torch::randint(0, 2 * s + 1, {n, 2}, generator, integers);
    const torch::Tensor mirrored = torch::randint(0, 2, {n, 1}, generator, integers);
    // Positions in the padded image, one row of indices an image.
    const torch::Tensor rows = torch::arange(height, integers).unsqueeze(0) + moves.narrow(1, 0, 1);
    torch::Tensor columns = torch::arange(width, integers).unsqueeze(0).expand({n, width});
    if (how.flip)
        columns = torch::where(mirrored.ne(0), width - 1 - columns, columns);
    columns = columns + moves.narrow(1, 1, 1);
    const torch::Tensor padded = s > 0 ? torch::constant_pad_nd(x, {s, s, s, s}, how.fill) : x;
    const auto on = [&](const torch::Tensor& index) { return index.to(x.device()); };
    const torch::Tensor images = on(torch::arange(n, integers)).view({n, 1, 1, 1});
    const torch::Tensor channels = on(torch::arange(x.size(1), integers)).view({1, -1, 1, 1});
    return padded.index(
        {images, channels, on(rows).view({n, 1, height, 1}), on(columns).view({n, 1, 1, width})});
}

} // namespace assay::training
