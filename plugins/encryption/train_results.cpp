#include "plugins/encryption/train_results.h"

#include "backend/metrics/bootstrap.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::encryption {

metrics::Rate trainAccuracy(const torch::Tensor& right)
{
    const std::int64_t repeats = right.size(0), n = right.size(1);
    const auto all = right.sum().item<std::int64_t>();
    return metrics::wilson(std::llround(static_cast<double>(all) / static_cast<double>(repeats)), n);
}

metrics::Rate partAccuracy(const TrainOutcome& outcome, const TrainSet& set, const TrainSet::Part& part)
{
    const torch::Tensor of = torch::tensor(part.ofClass, torch::kInt64);
    return trainAccuracy(of.index_select(0, outcome.predicted.flatten())
                             .view_as(outcome.predicted)
                             .eq(of.index_select(0, set.testLabels)));
}

const TrainOutcome* TrainResults::find(std::size_t set, const std::string& scheme) const
{
    const auto found = std::ranges::find_if(
        outcomes, [&](const TrainOutcome& o) { return o.set == set && o.scheme == scheme && !o.ofDepths; });
    return found == outcomes.end() ? nullptr : &*found;
}

TrainDifference differenceOf(const torch::Tensor& right, const torch::Tensor& other)
{
    // Per image the mean over trainings, so that an image drawn twice brings all its answers with it.
    const torch::Tensor difference =
        (right.to(torch::kFloat64).mean(0) - other.to(torch::kFloat64).mean(0)).unsqueeze(1);
    const metrics::Interval interval = metrics::percentileInterval(metrics::resampledMeans(difference));
    return {.value = difference.mean().item<double>(), .low = interval.low, .high = interval.high};
}

} // namespace assay::encryption
