#include "plugins/backdoor/detect_clustering.h"

#include "backend/metrics/principal_components.h"
#include "plugins/backdoor/suspect.h"

#include <ATen/Functions.h>
#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::backdoor {

namespace {

constexpr int kClusterStarts = 10;
constexpr int kClusterSteps = 100;

torch::Tensor squaredDistances(const torch::Tensor& points, const torch::Tensor& centres)
{
    return (points.unsqueeze(1) - centres.unsqueeze(0)).square().sum(2);
}

/// Two rows, the second drawn in proportion to the squared distance from the first.
torch::Tensor startOf(const torch::Tensor& points, at::Generator& generator)
{
    const torch::Tensor first = torch::randint(points.size(0), {1}, generator, torch::kInt64);
    const torch::Tensor away = squaredDistances(points, points.index_select(0, first)).squeeze(1);
    const torch::Tensor second =
        away.sum().item<double>() > 0 ? at::multinomial(away, 1, false, generator) : first;
    return points.index_select(0, torch::cat({first, second}));
}

} // namespace

torch::Tensor twoMeans(const torch::Tensor& points, at::Generator generator)
{
    torch::Tensor best = torch::zeros({points.size(0)}, torch::kInt64);
    if (points.size(0) < 2)
        return best;
    double least = std::numeric_limits<double>::infinity();
    for (int start = 0; start < kClusterStarts; ++start) {
        torch::Tensor centres = startOf(points, generator);
        torch::Tensor cluster, distance;
        for (int step = 0; step < kClusterSteps; ++step) {
            std::tie(distance, cluster) = squaredDistances(points, centres).min(1);
            torch::Tensor next = centres.clone();
            for (std::int64_t c = 0; c < 2; ++c) {
                const torch::Tensor own = points.index_select(0, cluster.eq(c).nonzero().flatten());
                if (own.size(0) > 0)
                    next[c] = own.mean(0);
            }
            if (torch::equal(next, centres))
                break;
            centres = next;
        }
        const double sum = distance.sum().item<double>();
        if (sum < least) {
            least = sum;
            best = cluster;
        }
    }
    const std::int64_t ones = best.sum().item<std::int64_t>(), n = points.size(0);
    const bool swap = 2 * ones > n || (2 * ones == n && best[0].item<std::int64_t>() == 1);
    return swap ? 1 - best : best;
}

ClusteringDetector::ClusteringDetector(const models::Model& model, at::Generator generator)
    : m_model(model)
    , m_generator(std::move(generator))
{}

torch::Tensor ClusteringDetector::scores(const DetectQueries& queries)
{
    const torch::Tensor features = featuresOf(m_model, queries.x);
    torch::Tensor scores = torch::zeros({queries.size()}, torch::kFloat64);
    for (std::int64_t c = 0; c < m_model.classCount(); ++c) {
        const torch::Tensor rows = queries.labels.eq(c).nonzero().flatten();
        if (rows.numel() < 2)
            continue;
        const torch::Tensor own = features.index_select(0, rows);
        const torch::Tensor points = metrics::principalComponents(own, kClusteringDimensions).project(own);
        const torch::Tensor small = twoMeans(points, m_generator).to(torch::kFloat64);
        const torch::Tensor share = small.mean();
        scores.index_copy_(0, rows, small * (1 - share) + (1 - small) * share);
    }
    return scores;
}

} // namespace assay::backdoor
