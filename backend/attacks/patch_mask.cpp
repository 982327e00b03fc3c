#include "backend/attacks/patch_mask.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::attacks {

PatchGrid patchGrid(std::int64_t patch, std::int64_t height, std::int64_t width)
{
    if (patch < 1 || patch > std::min(height, width))
        throw Error("'patch' is " + std::to_string(patch) + "; images of " + std::to_string(height) + " x " +
                        std::to_string(width) + " pixels take patches of 1 to " +
                        std::to_string(std::min(height, width)),
                    "patch masks");
    return {
        .patch = patch, .rows = height / patch, .columns = width / patch, .height = height, .width = width};
}

torch::Tensor pixelMasks(const torch::Tensor& masks, const PatchGrid& grid)
{
    const std::int64_t n = masks.size(0);
    const torch::Tensor patches = masks.to(torch::kFloat32).view({n, 1, grid.rows, 1, grid.columns, 1});
    // Every gene as a block of pixels. (repeat_interleave would copy the block's side to the device.)
    const torch::Tensor pixels = patches.expand({-1, -1, -1, grid.patch, -1, grid.patch})
                                     .reshape({n, 1, grid.rows * grid.patch, grid.columns * grid.patch});
    if (pixels.size(2) == grid.height && pixels.size(3) == grid.width)
        return pixels;
    torch::Tensor whole = torch::ones({n, 1, grid.height, grid.width}, pixels.options());
    whole.narrow(2, 0, pixels.size(2)).narrow(3, 0, pixels.size(3)).copy_(pixels);
    return whole;
}

torch::Tensor toTensor(const std::vector<Genes>& masks)
{
    const std::int64_t genes = masks.empty() ? 0 : static_cast<std::int64_t>(masks.front().size());
    torch::Tensor result = torch::empty({static_cast<std::int64_t>(masks.size()), genes}, torch::kUInt8);
    std::uint8_t* out = result.data_ptr<std::uint8_t>();
    for (const Genes& mask : masks)
        out = std::ranges::copy(mask, out).out;
    return result;
}

PatchMasks::PatchMasks(torch::Tensor masks, PatchGrid grid, std::int64_t perStep)
    : m_masks(std::move(masks))
    , m_grid(grid)
    , m_perStep(perStep)
{
    if (m_masks.dim() != 3 || m_masks.size(1) < 1 || m_masks.size(2) != grid.genes())
        throw Error("the masks do not fit the grid of patches", "patch masks");
    if (perStep < 1)
        throw Error("'masks_per_step' is " + std::to_string(perStep) + "; it must be 1 or more",
                    "patch masks");
}

torch::Tensor PatchMasks::apply(const torch::Tensor& x, std::int64_t copy, const TransformDraw& draw) const
{
    const std::int64_t which = (draw.iteration * m_perStep + copy) % m_masks.size(1);
    return x * pixelMasks(m_masks.select(1, which).index_select(0, draw.samples), m_grid);
}

Recipe masked(Recipe recipe, torch::Tensor masks, const PatchGrid& grid, std::int64_t perStep)
{
    recipe.transforms.insert(recipe.transforms.begin(),
                             std::make_shared<PatchMasks>(std::move(masks), grid, perStep));
    recipe.name += " with patch masks";
    return recipe;
}

} // namespace assay::attacks
