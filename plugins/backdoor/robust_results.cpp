#include "plugins/backdoor/robust_results.h"

#include "backend/metrics/roc.h"
#include "backend/metrics/statistics.h"

#include <torch/types.h>

#include <cmath>

namespace assay::backdoor {

namespace {

bool sameOrNone(double a, double b)
{
    return a == b || (std::isnan(a) && std::isnan(b));
}

} // namespace

const char* robustKindName(RobustKind kind)
{
    constexpr const char* kNames[] = {"teacher", "originals", "student", "labels", "blur"};
    return kNames[static_cast<int>(kind)];
}

const char* robustKindTitle(RobustKind kind)
{
    constexpr const char* kTitles[] = {"teacher: plain training", "distilled on the originals",
                                       "distilled on variations", "variations, labels alone",
                                       "blurred images, labels alone"};
    return kTitles[static_cast<int>(kind)];
}

torch::Tensor RobustSuspects::order() const
{
    return std::get<1>(score.sort(/*stable=*/true, 0, /*descending=*/true));
}

std::vector<const RobustOutcome*> RobustResults::of(RobustKind kind, double strength, double alpha) const
{
    std::vector<const RobustOutcome*> found;
    for (const RobustOutcome& outcome : outcomes)
        if (outcome.kind == kind && sameOrNone(outcome.strength, strength) &&
            sameOrNone(outcome.alpha, alpha))
            found.push_back(&outcome);
    return found;
}

RobustMean meanOver(const std::vector<const RobustOutcome*>& outcomes,
                    const metrics::Rate BackdoorRates::*rate)
{
    std::vector<double> values;
    for (const RobustOutcome* outcome : outcomes)
        values.push_back((outcome->rates.*rate).value);
    RobustMean mean{.value = metrics::mean(values)};
    if (values.size() < 2)
        return mean;
    double squares = 0;
    for (const double value : values)
        squares += (value - mean.value) * (value - mean.value);
    mean.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    return mean;
}

double aurocOf(const torch::Tensor& scores, const torch::Tensor& positive)
{
    const torch::Tensor values = scores.contiguous(), kinds = positive.to(torch::kUInt8).contiguous();
    const auto n = static_cast<std::size_t>(values.numel());
    return metrics::auroc(
        metrics::SortedScores({values.data_ptr<double>(), n}, {kinds.data_ptr<std::uint8_t>(), n}));
}

} // namespace assay::backdoor
