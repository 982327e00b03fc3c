#include "backend/metrics/calibration_error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::metrics {

namespace {

std::int64_t samplesOf(std::span<const ReliabilityBin> bins)
{
    std::int64_t n = 0;
    for (const ReliabilityBin& bin : bins)
        n += bin.count;
    return n;
}

/// Sums of a bin that is being filled.
struct BinSums
{
    double gap = 0; ///< correct - confidence
    std::int64_t count = 0;

    void addTo(BinnedErrors& errors, std::int64_t n)
    {
        if (count > 0) {
            errors.expected += std::abs(gap) / static_cast<double>(n);
            errors.maximum = std::max(errors.maximum, std::abs(gap) / static_cast<double>(count));
        }
        *this = {};
    }
};

std::int64_t totalOf(Counts counts, std::int64_t size)
{
    if (counts.empty())
        return size;
    std::int64_t total = 0;
    for (const std::uint32_t count : counts)
        total += count;
    return total;
}

double equalWidthClasswise(const LabelledProbabilities& predictions, int bins)
{
    const std::int64_t n = predictions.size(), c = predictions.classes();
    std::vector<double> gaps(static_cast<std::size_t>(c * bins), 0.0);
    const double* p = predictions.probabilities().data_ptr<double>();
    const std::int64_t* label = predictions.labels().data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < n; ++i, p += c) {
        for (std::int64_t k = 0; k < c; ++k)
            gaps[static_cast<std::size_t>(k * bins + equalWidthBin(p[k], bins))] += (k == label[i]) - p[k];
    }
    double sum = 0;
    for (const double gap : gaps)
        sum += std::abs(gap);
    return sum / static_cast<double>(n * c);
}

double equalMassClasswise(const LabelledProbabilities& predictions, int bins)
{
    const std::int64_t n = predictions.size(), c = predictions.classes();
    double sum = 0;
    for (std::int64_t k = 0; k < c; ++k) {
        const torch::Tensor column = predictions.probabilities().select(1, k).contiguous();
        const torch::Tensor is = (predictions.labels() == k).to(torch::kUInt8).contiguous();
        const auto length = static_cast<std::size_t>(n);
        const SortedConfidences sorted({column.data_ptr<double>(), length},
                                       {is.data_ptr<std::uint8_t>(), length});
        sum += expectedCalibrationError(sorted.bins(Binning::EqualMass, bins));
    }
    return sum / static_cast<double>(c);
}

} // namespace

double expectedCalibrationError(std::span<const ReliabilityBin> bins)
{
    double sum = 0;
    for (const ReliabilityBin& bin : bins) {
        if (!bin.empty())
            sum += static_cast<double>(bin.count) * std::abs(bin.gap());
    }
    return sum / static_cast<double>(samplesOf(bins));
}

double maximumCalibrationError(std::span<const ReliabilityBin> bins)
{
    double largest = 0;
    for (const ReliabilityBin& bin : bins) {
        if (!bin.empty())
            largest = std::max(largest, std::abs(bin.gap()));
    }
    return largest;
}

double debiasedSquaredCalibrationError(std::span<const ReliabilityBin> bins)
{
    double sum = 0;
    for (const ReliabilityBin& bin : bins) {
        if (bin.count < 2)
            continue;
        const double count = static_cast<double>(bin.count), a = bin.accuracy.value;
        sum += count * (bin.gap() * bin.gap() - a * (1 - a) / (count - 1));
    }
    return sum / static_cast<double>(samplesOf(bins));
}

double debiasedCalibrationError(std::span<const ReliabilityBin> bins)
{
    return std::sqrt(std::max(0.0, debiasedSquaredCalibrationError(bins)));
}

double ksCalibrationError(const SortedConfidences& sorted, Counts counts)
{
    const auto confidence = sorted.confidence();
    const auto correct = sorted.correct();
    double sum = 0, largest = 0;
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        const double count = counts.empty() ? 1 : counts[i];
        sum += count * (correct[i] - confidence[i]);
        if (i + 1 == confidence.size() || confidence[i + 1] != confidence[i])
            largest = std::max(largest, std::abs(sum));
    }
    return largest / static_cast<double>(totalOf(counts, sorted.size()));
}

double classwiseCalibrationError(const LabelledProbabilities& predictions, Binning binning, int bins)
{
    checkBinCount(bins);
    return binning == Binning::EqualWidth ? equalWidthClasswise(predictions, bins)
                                          : equalMassClasswise(predictions, bins);
}

BinnedErrors binnedErrors(const SortedConfidences& sorted, Binning binning, int bins, Counts counts)
{
    const auto confidence = sorted.confidence();
    const auto correct = sorted.correct();
    const std::int64_t n = totalOf(counts, sorted.size());
    BinnedErrors errors;
    BinSums sums;
    std::int64_t seen = 0, bin = 0;
    double previous = -1; // of the samples that count
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        const std::uint32_t count = counts.empty() ? 1 : counts[i];
        if (count == 0)
            continue;
        if (binning == Binning::EqualWidth && confidence[i] > static_cast<double>(bin + 1) / bins) {
            sums.addTo(errors, n);
            bin = equalWidthBin(confidence[i], bins);
        }
        // A bin of equal mass is full once its cut is passed, and closes before the next larger confidence.
        if (binning == Binning::EqualMass && seen * bins >= (bin + 1) * n && confidence[i] != previous) {
            sums.addTo(errors, n);
            bin = seen * bins / n;
        }
        sums.gap += count * (correct[i] - confidence[i]);
        sums.count += count;
        seen += count;
        previous = confidence[i];
    }
    sums.addTo(errors, n);
    return errors;
}

} // namespace assay::metrics
