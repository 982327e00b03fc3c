#pragma once

#include "backend/attacks/budget.h"

#include <torch/types.h>

#include <cstdint>

namespace assay::test {

/// A gradient attack as its papers write it: which parts, and nothing of how the product goes about it.
struct PlainAttack
{
    bool oneStep = false;
    bool evenSteps = true; ///< a step size of 0 means eps / steps; else eps / 4 and eps / 5
    bool momentum = false;
    bool lookAhead = false;
    bool scales = false;
    bool diversity = false;
    bool smoothing = false;
    bool variance = false;
    bool randomStart = false;
    // Numbers.
    double mu = 1;
    int copies = 5;
    int kernel = 5;
    int neighbours = 20;
};

/// A softmax classifier of one linear layer in double: @p weight [K,D], @p bias [K].
struct PlainModel
{
    torch::Tensor weight;
    torch::Tensor bias;
    torch::Tensor logits(const torch::Tensor& x) const; ///< x [H,W], to [K]
};

/// One image, one step after the other, in double, by the formulas of the method notes; gradients in closed
/// form through explicit matrices, not by autograd. Random numbers are those of the product's streams.
/// @param x float64 [H,W]. @param label the class to leave, or to reach when @p targeted.
torch::Tensor plainAttack(const PlainModel& model, const PlainAttack& attack, const torch::Tensor& x,
                          std::int64_t label, bool targeted, const attacks::Budget& budget,
                          std::uint64_t seed, std::int64_t sample);

/// Nearest point to @p v (float64 [D]) in the L1 ball of radius @p eps, by bisection over the threshold.
torch::Tensor projectL1ByBisection(const torch::Tensor& v, double eps);

} // namespace assay::test
