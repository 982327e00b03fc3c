#pragma once

#include "backend/engine/run_context.h"
#include "backend/imaging/survival.h"
#include "backend/metrics/rates.h"

#include <functional>
#include <string>
#include <vector>

namespace assay::reporting {

/// Who looks at the images, and which of them count.
struct SurvivalJudge
{
    std::string name;
    /// bool [n] on the CPU: whether each of the images, float32 [n,C,H,W] on the run's device, still
    /// succeeds.
    std::function<torch::Tensor(const torch::Tensor& images)> succeeds;
    torch::Tensor counted; ///< bool [n] on the CPU: the denominator
};

/// What is left of an attack after each ordeal of imaging::ordeals().
struct Survival
{
    std::string what;        ///< "PGD on fashion-cnn, ε = 0.1"
    std::string denominator; ///< what rates are of, in words
    std::vector<std::string> judges;
    std::vector<std::vector<metrics::Rate>> rates;     ///< [ordeal][judge]
    std::vector<std::vector<torch::Tensor>> succeeded; ///< [ordeal][judge], bool [n]: counted and successful
    std::vector<torch::Tensor> images;                 ///< per ordeal float32, the first shown images
    torch::Tensor clean;                               ///< likewise
    torch::Tensor ids;                                 ///< int64 [n]
};

/// Puts @p adversarial (float32 [n,C,H,W], any device) through every ordeal and asks every judge.
/// @param clean the images before the attack; @param ids int64 [n]. The first @p shown images are kept.
Survival measureSurvival(engine::RunContext& context, const torch::Tensor& adversarial,
                         const torch::Tensor& clean, const torch::Tensor& ids,
                         const std::vector<SurvivalJudge>& judges, std::string what, std::string denominator,
                         std::int64_t shown = 60);

/// Figure `survival`: a line per judge over the ordeals; table `survival`: judge, ordeal, n, success, low,
/// high; grid `survival-images`: the images after each ordeal.
void emitSurvival(engine::RunContext& context, const Survival& survival);

} // namespace assay::reporting
