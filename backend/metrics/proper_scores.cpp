#include "backend/metrics/proper_scores.h"

#include "backend/metrics/calibration_bins.h"
#include "backend/metrics/statistics.h"

#include <torch/types.h>

namespace assay::metrics {

double negativeLogLikelihood(const LabelledProbabilities& predictions)
{
    return -mean(predictions.logLikelihoods());
}

double brierScore(const LabelledProbabilities& predictions)
{
    const std::int64_t n = predictions.size(), c = predictions.classes();
    const double* p = predictions.probabilities().data_ptr<double>();
    const std::int64_t* label = predictions.labels().data_ptr<std::int64_t>();
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i, p += c) {
        for (std::int64_t k = 0; k < c; ++k)
            sum += (p[k] - (k == label[i])) * (p[k] - (k == label[i]));
    }
    return sum / static_cast<double>(n);
}

BrierDecomposition brierDecomposition(std::span<const double> forecast, std::span<const std::uint8_t> outcome,
                                      int bins)
{
    const SortedConfidences sorted(forecast, outcome);
    const auto f = sorted.confidence();
    const auto o = sorted.correct();
    const double n = static_cast<double>(sorted.size());
    const double rate = static_cast<double>(sorted.totalCorrect()) / n;
    BrierDecomposition parts{.uncertainty = rate * (1 - rate)};
    for (const ReliabilityBin& bin : sorted.bins(Binning::EqualWidth, bins)) {
        if (bin.empty())
            continue;
        const double share = static_cast<double>(bin.count) / n, inBin = bin.accuracy.value;
        parts.reliability += share * bin.gap() * bin.gap();
        parts.resolution += share * (inBin - rate) * (inBin - rate);
        for (auto i = static_cast<std::size_t>(bin.first);
             i < static_cast<std::size_t>(bin.first + bin.count); ++i) {
            parts.score += (f[i] - o[i]) * (f[i] - o[i]) / n;
            parts.withinBinVariance += (f[i] - bin.confidence) * (f[i] - bin.confidence) / n;
            parts.withinBinCovariance += 2 * (f[i] - bin.confidence) * (o[i] - inBin) / n;
        }
    }
    return parts;
}

BrierDecomposition brierDecomposition(const LabelledProbabilities& predictions, int bins)
{
    BrierDecomposition sum;
    const auto n = static_cast<std::size_t>(predictions.size());
    for (std::int64_t k = 0; k < predictions.classes(); ++k) {
        const torch::Tensor forecast = predictions.probabilities().select(1, k).contiguous();
        const torch::Tensor outcome = (predictions.labels() == k).to(torch::kUInt8).contiguous();
        const BrierDecomposition one =
            brierDecomposition({forecast.data_ptr<double>(), n}, {outcome.data_ptr<std::uint8_t>(), n}, bins);
        sum.score += one.score;
        sum.reliability += one.reliability;
        sum.resolution += one.resolution;
        sum.uncertainty += one.uncertainty;
        sum.withinBinVariance += one.withinBinVariance;
        sum.withinBinCovariance += one.withinBinCovariance;
    }
    return sum;
}

} // namespace assay::metrics
