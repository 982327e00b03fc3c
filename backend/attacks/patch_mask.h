#pragma once

#include "backend/attacks/gradient_attack.h"
#include "backend/attacks/mask_genes.h"

#include <torch/types.h>

#include <vector>

namespace assay::attacks {

/// How an image is cut into patches: floor(height / patch) rows and floor(width / patch) columns of squares.
/// What is left over at the right and below belongs to no patch and is never masked.
struct PatchGrid
{
    std::int64_t patch = 4;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t height = 0; ///< of the image
    std::int64_t width = 0;
    std::int64_t genes() const { return rows * columns; }
    bool operator==(const PatchGrid&) const = default;
};

/// @throws Error when not even one patch fits, or @p patch is below 1.
PatchGrid patchGrid(std::int64_t patch, std::int64_t height, std::int64_t width);

/// U(M): float32 [n,1,H,W], 1 where a pixel stays. @param masks uint8 or float [n, genes].
torch::Tensor pixelMasks(const torch::Tensor& masks, const PatchGrid& grid);

/// Genes as a tensor, uint8 [n, genes].
torch::Tensor toTensor(const std::vector<Genes>& masks);

/// The gradient is averaged over versions of the perturbed image with patches blackened:
/// grad CE(f((x + delta) U(M)), y). Iteration t takes the masks perStep t .. perStep (t + 1) - 1, counted
/// round and round. The mask multiplies the whole perturbed image, not the perturbation alone: that would be
/// another attack.
class PatchMasks final : public InputTransform
{
public:
    /// @param masks uint8 [samples, population, genes]: those of sample s in row s, numbered as
    /// Context::samples; on the device of the attacked model, since every step looks into them.
    /// @param perStep masks that each iteration averages over.
    PatchMasks(torch::Tensor masks, PatchGrid grid, std::int64_t perStep);

    std::int64_t copies() const override { return m_perStep; }
    torch::Tensor apply(const torch::Tensor& x, std::int64_t copy, const TransformDraw& draw) const override;

private:
    torch::Tensor m_masks;
    PatchGrid m_grid;
    std::int64_t m_perStep;
};

/// @p recipe with the masks applied first, before diversity and the rest.
Recipe masked(Recipe recipe, torch::Tensor masks, const PatchGrid& grid, std::int64_t perStep);

} // namespace assay::attacks
