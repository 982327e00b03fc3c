#include "backend/metrics/calibration_summary.h"

#include "backend/metrics/calibration_error.h"
#include "backend/metrics/draws.h"
#include "backend/metrics/proper_scores.h"
#include "backend/metrics/selective.h"
#include "backend/metrics/smooth_calibration.h"
#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace assay::metrics {

namespace {

/// Everything that a resample's metrics are made of, prepared once.
class Resampler
{
public:
    Resampler(const LabelledProbabilities& predictions, int bins)
        : m_predictions(predictions)
        , m_sorted(predictions.top().confidence, predictions.top().correct)
        , m_bins(bins)
    {}

    /// @param counts how often each sample was drawn, by sample.
    void compute(std::span<const std::uint32_t> counts, std::span<const CalibrationMetric> metrics,
                 double* values);

private:
    double value(CalibrationMetric metric, std::span<const std::uint32_t> counts);
    double classwise(std::span<const std::uint32_t> counts);
    void prepareClasswise();
    void prepareBrier();

    const LabelledProbabilities& m_predictions;
    SortedConfidences m_sorted;
    int m_bins;
    std::vector<std::uint32_t> m_sortedCounts;
    std::vector<double> m_brier;            ///< of each sample
    std::vector<std::uint16_t> m_classBins; ///< [N,C], for classwise()
    std::vector<double> m_gaps;             ///< [C,bins]
};

double weightedMean(std::span<const double> values, std::span<const std::uint32_t> counts)
{
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
        sum += counts[i] * values[i];
    return sum / static_cast<double>(values.size());
}

void Resampler::compute(std::span<const std::uint32_t> counts, std::span<const CalibrationMetric> metrics,
                        double* values)
{
    const auto order = m_sorted.order();
    m_sortedCounts.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        m_sortedCounts[i] = counts[static_cast<std::size_t>(order[i])];
    for (std::size_t k = 0; k < metrics.size(); ++k)
        values[k] = value(metrics[k], counts);
}

double Resampler::value(CalibrationMetric metric, std::span<const std::uint32_t> counts)
{
    switch (metric) {
    case CalibrationMetric::Accuracy: {
        std::int64_t right = 0;
        for (std::size_t i = 0; i < m_sortedCounts.size(); ++i)
            right += m_sorted.correct()[i] ? m_sortedCounts[i] : 0;
        return static_cast<double>(right) / static_cast<double>(m_sorted.size());
    }
    case CalibrationMetric::Nll:
        return -weightedMean(m_predictions.logLikelihoods(), counts);
    case CalibrationMetric::Brier:
        prepareBrier();
        return weightedMean(m_brier, counts);
    case CalibrationMetric::Ece:
        return binnedErrors(m_sorted, Binning::EqualWidth, m_bins, m_sortedCounts).expected;
    case CalibrationMetric::EceEqualMass:
        return binnedErrors(m_sorted, Binning::EqualMass, m_bins, m_sortedCounts).expected;
    case CalibrationMetric::EceClasswise:
        return classwise(counts);
    case CalibrationMetric::Mce:
        return binnedErrors(m_sorted, Binning::EqualWidth, m_bins, m_sortedCounts).maximum;
    case CalibrationMetric::Ks:
        return ksCalibrationError(m_sorted, m_sortedCounts);
    case CalibrationMetric::SmoothEce:
        return smoothCalibrationError(m_sorted, m_sortedCounts);
    case CalibrationMetric::Auroc:
        return confidenceAuroc(m_sorted, m_sortedCounts);
    case CalibrationMetric::Aurc:
        return aurc(m_sorted, m_sortedCounts);
    }
    throw Error("unknown calibration metric " + std::to_string(static_cast<int>(metric)));
}

void Resampler::prepareBrier()
{
    if (!m_brier.empty())
        return;
    const torch::Tensor truth = torch::zeros_like(m_predictions.probabilities())
                                    .scatter_(1, m_predictions.labels().unsqueeze(1), 1.0);
    const torch::Tensor each = (m_predictions.probabilities() - truth).square().sum(1).contiguous();
    m_brier.assign(each.data_ptr<double>(), each.data_ptr<double>() + each.numel());
}

void Resampler::prepareClasswise()
{
    if (!m_classBins.empty())
        return;
    const torch::Tensor& p = m_predictions.probabilities();
    m_classBins.resize(static_cast<std::size_t>(p.numel()));
    for (std::size_t i = 0; i < m_classBins.size(); ++i)
        m_classBins[i] = static_cast<std::uint16_t>(equalWidthBin(p.data_ptr<double>()[i], m_bins));
    m_gaps.resize(static_cast<std::size_t>(m_predictions.classes() * m_bins));
}

double Resampler::classwise(std::span<const std::uint32_t> counts)
{
    prepareClasswise();
    const std::int64_t n = m_predictions.size(), c = m_predictions.classes();
    const double* p = m_predictions.probabilities().data_ptr<double>();
    const std::int64_t* label = m_predictions.labels().data_ptr<std::int64_t>();
    std::fill(m_gaps.begin(), m_gaps.end(), 0.0);
    for (std::int64_t i = 0; i < n; ++i) {
        const double count = counts[static_cast<std::size_t>(i)];
        if (count == 0)
            continue;
        for (std::int64_t k = 0; k < c; ++k) {
            const auto at = static_cast<std::size_t>(i * c + k);
            m_gaps[static_cast<std::size_t>(k * m_bins + m_classBins[at])] +=
                count * ((k == label[i]) - p[at]);
        }
    }
    double sum = 0;
    for (const double gap : m_gaps)
        sum += std::abs(gap);
    return sum / static_cast<double>(n * c);
}

double summaryOf(const LabelledProbabilities& predictions, const SortedConfidences& sorted,
                 CalibrationMetric metric, int bins)
{
    switch (metric) {
    case CalibrationMetric::Accuracy:
        return static_cast<double>(sorted.totalCorrect()) / static_cast<double>(sorted.size());
    case CalibrationMetric::Nll:
        return negativeLogLikelihood(predictions);
    case CalibrationMetric::Brier:
        return brierScore(predictions);
    case CalibrationMetric::Ece:
        return expectedCalibrationError(sorted.bins(Binning::EqualWidth, bins));
    case CalibrationMetric::EceEqualMass:
        return expectedCalibrationError(sorted.bins(Binning::EqualMass, bins));
    case CalibrationMetric::EceClasswise:
        return classwiseCalibrationError(predictions, Binning::EqualWidth, bins);
    case CalibrationMetric::Mce:
        return maximumCalibrationError(sorted.bins(Binning::EqualWidth, bins));
    case CalibrationMetric::Ks:
        return ksCalibrationError(sorted);
    case CalibrationMetric::SmoothEce:
        return smoothCalibrationError(sorted);
    case CalibrationMetric::Auroc:
        return confidenceAuroc(sorted);
    case CalibrationMetric::Aurc:
        return aurc(sorted);
    }
    throw Error("unknown calibration metric " + std::to_string(static_cast<int>(metric)));
}

} // namespace

std::vector<double> calibrationMetrics(const LabelledProbabilities& predictions,
                                       std::span<const CalibrationMetric> metrics, int bins)
{
    const SortedConfidences sorted(predictions.top().confidence, predictions.top().correct);
    checkBinCount(bins);
    std::vector<double> values;
    for (const CalibrationMetric metric : metrics)
        values.push_back(summaryOf(predictions, sorted, metric, bins));
    return values;
}

torch::Tensor resampledCalibration(const LabelledProbabilities& predictions,
                                   std::span<const CalibrationMetric> metrics, int bins,
                                   const BootstrapSpec& spec)
{
    if (spec.resamples < 1 || spec.resamples > 1000000)
        throw Error("a bootstrap of " + std::to_string(spec.resamples) +
                    " resamples is asked for; it must be 1 to 1000000");
    checkBinCount(bins);
    const std::int64_t n = predictions.size(), columns = static_cast<std::int64_t>(metrics.size());
    torch::Tensor result = torch::empty({spec.resamples, columns}, torch::kFloat64);
    Resampler resampler(predictions, bins);
    Draws draws(spec.seed);
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(n));
    for (std::int64_t row = 0; row < spec.resamples; ++row) {
        std::fill(counts.begin(), counts.end(), 0u);
        for (std::int64_t i = 0; i < n; ++i)
            ++counts[static_cast<std::size_t>(draws.below(n))];
        resampler.compute(counts, metrics, result.data_ptr<double>() + row * columns);
    }
    return result;
}

Interval basicInterval(const torch::Tensor& statistics, double estimate, double level)
{
    const Interval drawn = percentileInterval(statistics, level);
    return {std::max(0.0, 2 * estimate - drawn.high), std::max(0.0, 2 * estimate - drawn.low)};
}

} // namespace assay::metrics
