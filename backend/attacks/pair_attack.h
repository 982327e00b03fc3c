#pragma once

#include "backend/attacks/attack.h"

namespace assay::attacks {

struct PairSpec
{
    double eps = 2.0; ///< L2 radius, unit of pixels in [0,1]
    int steps = 40;
    double stepSize = 0; ///< 0: eps / 5
};

/// One image that @p first takes for t1 and @p second for t2 at once: the construction of Waseda et al. 2023,
/// section "non-robust features", after Ilyas et al. 2019. With G_k = -grad_x CE(F_k(x), t_k):
///   G = G1/||G1||_2 + G2/||G2||_2,  x <- clip_[0,1](Proj_{B2(x0, eps)}(x + a G/||G||_2)).
/// Differs from the published text: each gradient has unit norm before the sum, so that the model with the
/// larger gradients does not decide alone. t1 == t2 gives the same-mistake control.
/// @param x float32 [N,C,H,W] in [0,1]; @param t1,t2 int64 [N]. Both models must be on the same device.
/// Deterministic; independent of chunking. @throws Error as run().
AttackResult runPair(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                     const torch::Tensor& t1, const torch::Tensor& t2, const PairSpec& spec,
                     const AttackHooks& hooks = {});

} // namespace assay::attacks
