#pragma once

#include "backend/attacks/gradient_attack.h"

namespace assay::attacks {

/// Copies x / 2^i, i = 0 .. m-1: scale invariance, Lin et al. 2020 (1908.06281). Of the perturbed image; the
/// gradient includes the factor.
class ScaleCopies final : public InputTransform
{
public:
    explicit ScaleCopies(int copies = 5);
    std::int64_t copies() const override { return m_copies; }
    torch::Tensor apply(const torch::Tensor& x, std::int64_t copy, const TransformDraw& draw) const override;

private:
    int m_copies;
};

/// Input diversity, Xie et al. 2019 (1803.06978): with the given probability, resize bilinearly to r, uniform
/// in S .. floor(rate S) - 1 with S the image's side, pad with zeros at a random offset to floor(rate S), and
/// resize back to S. Differs from the paper, as libraries do: the paper goes from 299 to 330 and does not
/// resize back. One draw per iteration for the whole batch and all copies. The larger side is S; the other is
/// scaled alike.
class InputDiversity final : public InputTransform
{
public:
    /// @throws Error unless rate is in 1 .. 4 and probability in 0 .. 1.
    explicit InputDiversity(double rate = 1.1, double probability = 0.5);
    torch::Tensor apply(const torch::Tensor& x, std::int64_t copy, const TransformDraw& draw) const override;

private:
    double m_rate;
    double m_probability;
};

/// Translation invariance, Dong et al. 2019 (1904.02884): the gradient convolved per channel with a Gaussian
/// kernel, u = linspace(-nsig, nsig, k), W = outer(w, w) / sum with w = exp(-u^2/2); zero padding keeps the
/// size.
class GaussianSmoothing final : public GradientFilter
{
public:
    /// @param side odd, 1 .. 99; 0: 15, as published, or 5 for images below 64 pixels, of which 15 would
    /// cover half. @throws Error else.
    explicit GaussianSmoothing(int side = 0, double nsig = 3);
    torch::Tensor apply(const torch::Tensor& gradient) const override;

private:
    int m_side;
    double m_nsig;
};

} // namespace assay::attacks
