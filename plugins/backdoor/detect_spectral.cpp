#include "plugins/backdoor/detect_spectral.h"

#include "backend/metrics/principal_components.h"
#include "backend/metrics/statistics.h"
#include "plugins/backdoor/suspect.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr double kRemovedOfExpected = 1.5; ///< as published

} // namespace

torch::Tensor spectralScores(const torch::Tensor& features)
{
    if (features.size(0) < 2)
        return torch::zeros({features.size(0)}, torch::kFloat64);
    return metrics::principalComponents(features, 1).project(features).squeeze(1).square();
}

SpectralDetector::SpectralDetector(const models::Model& model, double rate)
    : m_model(model)
    , m_rate(rate)
{}

torch::Tensor SpectralDetector::scores(const DetectQueries& queries)
{
    const torch::Tensor features = featuresOf(m_model, queries.x);
    torch::Tensor scores = torch::zeros({queries.size()}, torch::kFloat64);
    for (std::int64_t c = 0; c < m_model.classCount(); ++c) {
        const torch::Tensor rows = queries.labels.eq(c).nonzero().flatten();
        scores.index_copy_(0, rows, spectralScores(features.index_select(0, rows)));
    }
    const double kept = std::max(0.0, 1 - kRemovedOfExpected * m_rate);
    m_threshold =
        metrics::quantile({scores.data_ptr<double>(), static_cast<std::size_t>(scores.numel())}, kept);
    return scores;
}

} // namespace assay::backdoor
