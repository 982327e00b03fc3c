#pragma once

#include "backend/attacks/attack.h"

namespace assay::attacks {

// The arithmetic of one step, in place and without a host round trip. All norms are per sample.

/// Below this L2 norm a gradient has no direction.
inline constexpr double kVanishing = 1e-12;

/// A ball in @p norm around @p centre, cut with [0,1]: where an attack may go.
class Ball
{
public:
    Ball(torch::Tensor centre, Norm norm, double eps);

    /// position <- clip(P(position + step * direction)), direction being sign(g) or g/||g||_2.
    void step(torch::Tensor& position, const torch::Tensor& gradient, double size) const;
    /// position <- clip(P(position)).
    void project(torch::Tensor& position) const;

private:
    torch::Tensor m_centre;
    Norm m_norm;
    double m_eps;
    torch::Tensor m_low;  ///< L-inf only: max(centre - eps, 0)
    torch::Tensor m_high; ///< L-inf only: min(centre + eps, 1)
};

/// L2 norm per sample, [N,1,1,1].
torch::Tensor normPerSample(const torch::Tensor& tensor);

/// Displacements drawn uniformly from the eps ball, float32 on the CPU in the shape of @p like.
torch::Tensor uniformInBall(const torch::Tensor& like, Norm norm, double eps, at::Generator generator);

/// Gradient in @p x of the sum over samples of CE(logits, y), for one chunk in the calling thread.
torch::Tensor lossGradient(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y);

} // namespace assay::attacks
