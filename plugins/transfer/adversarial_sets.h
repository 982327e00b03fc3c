#pragma once

#include "backend/attacks/attack.h"

#include <ATen/core/Generator.h>

#include <vector>

namespace assay::transfer {

/// Wrong classes drawn uniformly: int64 [N] on the device of @p y, none equal to the label.
torch::Tensor wrongClasses(const torch::Tensor& y, std::int64_t classes, at::Generator generator);

/// The step that FGSM takes for every eps: +-sign(g) for L-infinity, +-g/||g||_2 for L2 (zero where the
/// gradient vanishes), with g the gradient of the cross-entropy with the label, or with @p target and a minus
/// sign. One gradient serves all radii; fgsmStep(x, direction, eps) is then what the attack
/// "fgsm" gives.
torch::Tensor fgsmDirection(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                            attacks::Norm norm, const std::optional<torch::Tensor>& target = std::nullopt);
/// clip_[0,1](x + eps direction).
torch::Tensor fgsmStep(const torch::Tensor& x, const torch::Tensor& direction, double eps);

/// True sizes of perturbations after clipping, averaged over the images.
struct MeanNorms
{
    double l2 = 0;
    double linf = 0;
};
MeanNorms meanNorms(const torch::Tensor& x, const torch::Tensor& adversarial);

/// An attack with the way it went for the first images of the set.
struct TracedAttack
{
    torch::Tensor adversarial; ///< [N,C,H,W]
    /// [steps + 1, n, C, H, W]: the first n images at the start and after each step. Undefined when the
    /// attack does not tell of each step once.
    torch::Tensor path;
};
/// Runs an attack, keeping the path of the first @p traced images.
TracedAttack runTraced(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                       const attacks::Attack& attack, const attacks::Budget& budget,
                       const attacks::Context& context, std::int64_t traced);

} // namespace assay::transfer
