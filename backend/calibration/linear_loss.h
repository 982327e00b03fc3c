#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>

namespace assay::calibration {

/// The three linear maps before a softmax differ in what goes in and in whether classes mix.
struct LinearShape
{
    const char* id;
    bool ofLogarithms; ///< ln p instead of z
    bool full;         ///< a matrix instead of its diagonal
};

/// Weights of ODIR's two terms (linear_scaling.h).
struct Odir
{
    double offDiagonal = 0; ///< lambda
    double intercept = 0;   ///< mu
};

/// float64 [N,C]: what the map is applied to.
torch::Tensor linearFeatures(const LinearShape& shape, const torch::Tensor& logits);

/// W f + b, or w * f + b. @param weights [C,C] or [C].
torch::Tensor linearMap(const LinearShape& shape, const torch::Tensor& features, const torch::Tensor& weights,
                        const torch::Tensor& intercepts);

/// Mean negative log likelihood of softmax(map) plus ODIR, with its gradient: an Objective. Convex.
class LinearLoss
{
public:
    /// @param features float64 [N,C], N >= 1. @param labels int64 [N].
    LinearLoss(const LinearShape& shape, torch::Tensor features, const torch::Tensor& labels,
               const Odir& odir);

    std::int64_t classes() const { return m_features.size(1); }
    std::int64_t weights() const { return m_shape.full ? classes() * classes() : classes(); }

    /// @param x the weights, row-major, and then the intercepts; so is the gradient. Without autograd.
    double operator()(std::span<const double> x, std::span<double> gradient) const;

private:
    torch::Tensor shaped(const torch::Tensor& all) const;
    double regularise(const torch::Tensor& w, const torch::Tensor& b, const torch::Tensor& into) const;

    LinearShape m_shape;
    torch::Tensor m_features;
    torch::Tensor m_labels; ///< [N,1]
    torch::Tensor m_truth;  ///< [N,C]
    Odir m_odir;
};

} // namespace assay::calibration
