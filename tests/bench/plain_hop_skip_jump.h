#pragma once

#include "backend/attacks/queries.h"

#include <torch/types.h>

namespace assay::bench {

struct PlainHopResult
{
    torch::Tensor nearest;  ///< float32 [N,C,H,W]
    std::int64_t questions; ///< about all images together
};

/// HopSkipJump as Foolbox 3 runs it: the whole batch in every question, tensor operators one after another,
/// searches that go on until the last image's has ended. @param x float32 [N,C,H,W]. @param start images that
/// the network takes for other classes than @p y. No estimate is begun that @p queries questions about each
/// image do not pay for, with one question for the step.
PlainHopResult plainHopSkipJump(const attacks::LogitsFunction& network, const torch::Tensor& x,
                                const torch::Tensor& y, const torch::Tensor& start, attacks::Norm norm,
                                std::int64_t queries, std::int64_t firstEvaluations);

} // namespace assay::bench
