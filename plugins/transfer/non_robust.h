#pragma once

#include "backend/attacks/pair_attack.h"

#include <ATen/core/Generator.h>

namespace assay::transfer {

// The non-robust-feature test of Waseda et al. 2023 (WACV, section on non-robust features), a construction
// after A. Ilyas et al. 2019, "Adversarial Examples Are Not Bugs, They Are Features". An image x' that F1
// takes for t1 and F2 for t2 is put into D1' = {(x', t1)} and D2' = {(x', t2)}. When models trained on either
// set classify clean, correctly labelled images better than chance, x' carried usable features of both
// classes.

/// Two classes per image, drawn without regard to its label.
struct AimPair
{
    torch::Tensor t1; ///< int64 [N], uniform over all classes
    torch::Tensor t2; ///< int64 [N], uniform over those other than t1, or equal to t1
};
/// The label itself is among the classes that are drawn, as in the "rand" set of Ilyas et al. 2019: were it
/// left out, "never y" would be a rule about the picture that networks learn, and clean accuracies, controls
/// included, would fall below chance (measured: 0.5 % for the noise control instead of 10 %).
/// @param count N. @param same t2 = t1: the same-mistake control. @throws Error for fewer than two classes.
AimPair drawAims(std::int64_t count, std::int64_t classes, bool same, at::Generator generator);

/// Images built for both aims.
struct PairSet
{
    torch::Tensor images;   ///< float32 [N,C,H,W] in [0,1]
    torch::Tensor reached1; ///< bool [N] on the CPU: F1 predicts t1
    torch::Tensor reached2; ///< bool [N] on the CPU: F2 predicts t2
    torch::Tensor both() const { return reached1.logical_and(reached2); }
};
PairSet buildPairSet(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                     const AimPair& aims, const attacks::PairSpec& spec,
                     const attacks::AttackHooks& hooks = {});

/// @p x plus noise in a random direction, of the L2 norm that @p reference - x has per image; clipped to
/// [0,1], which may shorten it. The control for what perturbations of that size do by themselves.
torch::Tensor noiseLike(const torch::Tensor& x, const torch::Tensor& reference, at::Generator generator);

/// The values of @p labels in random order.
torch::Tensor permuted(const torch::Tensor& labels, at::Generator generator);

} // namespace assay::transfer
