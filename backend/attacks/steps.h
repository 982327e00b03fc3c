#pragma once

#include "backend/attacks/budget.h"
#include "backend/attacks/losses.h"
#include "backend/attacks/source.h"

#include <torch/types.h>

namespace assay::attacks {

class RandomStreams;

// The arithmetic of one step, in place and without a host round trip. All norms are per sample.

/// Below this L2 norm a gradient has no direction.
inline constexpr double kVanishing = 1e-12;
/// Share of the coordinates that an L1 step changes: Tramer and Boneh 2019 use the top percentile.
inline constexpr double kL1Fraction = 0.01;

/// A ball in @p norm around @p centre, cut with [0,1]: where an attack may go.
class Ball
{
public:
    Ball(torch::Tensor centre, Norm norm, double eps);

    const torch::Tensor& centre() const { return m_centre; }
    Norm norm() const { return m_norm; }
    double eps() const { return m_eps; }

    /// position <- position + size * direction, not projected. The direction is sign(g) for L-inf and
    /// g/||g||_2 for L2, zero where ||g||_2 < 1e-12. For L1 it is e/||e||_1 with e the sign of g at the @p
    /// l1Fraction of the pixels where |g| is largest, at least one, ties included: Tramer and Boneh 2019,
    /// section 4.2, not counting pixels that are at 0 or 1 and pushed outwards.
    void advance(torch::Tensor& position, const torch::Tensor& gradient, double size,
                 double l1Fraction = kL1Fraction) const;
    /// position <- clip(P(position)), P the nearest point of the ball in L2 (for L1: Duchi et al. 2008).
    void project(torch::Tensor& position) const;
    /// advance() and project(); on the CPU in one pass over the pixels, with the same digits for L-inf and
    /// the same up to rounding for L2.
    void step(torch::Tensor& position, const torch::Tensor& gradient, double size,
              double l1Fraction = kL1Fraction) const;

    /// The balls of the samples @p first .. first + count - 1; shares storage.
    Ball narrow(std::int64_t first, std::int64_t count) const;
    /// The balls of the samples @p rows, int64.
    Ball select(const torch::Tensor& rows) const;

private:
    Ball(torch::Tensor centre, Norm norm, double eps, torch::Tensor low, torch::Tensor high);
    void stepByPixels(torch::Tensor& position, const torch::Tensor& gradient, double size) const;

    torch::Tensor m_centre;
    Norm m_norm;
    double m_eps;
    torch::Tensor m_low;  ///< L-inf only: max(centre - eps, 0)
    torch::Tensor m_high; ///< L-inf only: min(centre + eps, 1)
};

/// Whether it is float32 on the CPU, one number after the other: what imageKernels() take.
bool isPlain(const torch::Tensor& tensor);

/// L2 norm per sample, [N,1,1,1].
torch::Tensor normPerSample(const torch::Tensor& tensor);

/// Displacements uniform in the eps ball around zero, before clipping to [0,1], in the shape and on the
/// device of
/// @p like; row i is drawn from the stream of samples[i]. L2 and L1: a uniform direction times u^(1/d).
torch::Tensor uniformInBall(const torch::Tensor& like, const torch::Tensor& samples, Norm norm, double eps,
                            const RandomStreams& streams, std::int64_t iteration = 0);

/// How lossGradient() goes about it.
struct GradientOptions
{
    Loss loss = crossEntropy;
    bool targeted = false;
    /// Done to the images before the model sees them, differentiably; empty: nothing.
    std::function<torch::Tensor(torch::Tensor)> before = {};
    torch::Tensor* logits = nullptr; ///< when not null: receives what the source answers, detached
    torch::Tensor* losses = nullptr; ///< when not null: receives the losses [n], detached
};

/// Gradient in @p x of the sum over samples of the loss, for one chunk in the calling thread: contiguous
/// [n,C,H,W], the caller's to change. @throws Error when the source's answers have no gradient in the pixels.
torch::Tensor lossGradient(const Source& source, const torch::Tensor& x, const torch::Tensor& classes,
                           const GradientOptions& options = {});

} // namespace assay::attacks
