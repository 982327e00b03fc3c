#include "backend/metrics/calibration_bins.h"
#include "backend/metrics/calibration_error.h"
#include "backend/metrics/calibration_summary.h"
#include "backend/metrics/draws.h"

#include <benchmark/benchmark.h>

#include <torch/types.h>

#include <vector>

// Reliability of a million predictions: sorting them once, then binning them anew as often as a slider moves,
// against what a count over all of them costs each time. And the bootstrap of 10 000 samples x 500 resamples.

namespace {

using namespace assay::metrics;

constexpr std::int64_t kPredictions = 1000000;

struct Predictions
{
    std::vector<double> confidence;
    std::vector<std::uint8_t> correct;
};

const Predictions& predictions()
{
    static const Predictions made = [] {
        Predictions result;
        Draws draws(1);
        for (std::int64_t i = 0; i < kPredictions; ++i) {
            const double c = static_cast<double>(draws.below(1 << 30)) / (1 << 30);
            result.confidence.push_back(c);
            result.correct.push_back(static_cast<double>(draws.below(1 << 30)) / (1 << 30) < c);
        }
        return result;
    }();
    return made;
}

void sortOnce(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(SortedConfidences(predictions().confidence, predictions().correct).size());
}
BENCHMARK(sortOnce)->Unit(benchmark::kMillisecond);

/// A frame of the slider: both binnings and their errors.
void rebin(benchmark::State& state)
{
    static const SortedConfidences sorted(predictions().confidence, predictions().correct);
    const int bins = static_cast<int>(state.range(0));
    for (auto _ : state) {
        for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass})
            benchmark::DoNotOptimize(expectedCalibrationError(sorted.bins(binning, bins)));
    }
}
BENCHMARK(rebin)->Arg(15)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

/// The same number by going through all predictions, equal width alone.
void countAll(benchmark::State& state)
{
    const int bins = static_cast<int>(state.range(0));
    for (auto _ : state) {
        std::vector<double> gaps(static_cast<std::size_t>(bins), 0.0);
        for (std::size_t i = 0; i < predictions().confidence.size(); ++i)
            gaps[static_cast<std::size_t>(equalWidthBin(predictions().confidence[i], bins))] +=
                predictions().correct[i] - predictions().confidence[i];
        benchmark::DoNotOptimize(gaps.data());
    }
}
BENCHMARK(countAll)->Arg(15)->Unit(benchmark::kMillisecond);

void bootstrap(benchmark::State& state)
{
    const torch::Tensor logits = (torch::arange(100000, torch::kFloat64).view({10000, 10}) * 1.3).sin() * 3;
    const auto made = LabelledProbabilities::fromLogits(logits, torch::arange(10000) % 10);
    const std::vector<CalibrationMetric> all = {
        CalibrationMetric::Accuracy,    CalibrationMetric::Nll,          CalibrationMetric::Brier,
        CalibrationMetric::Ece,         CalibrationMetric::EceEqualMass, CalibrationMetric::Mce,
        CalibrationMetric::Ks,          CalibrationMetric::Auroc,        CalibrationMetric::Aurc,
        CalibrationMetric::EceClasswise};
    const std::span<const CalibrationMetric> wanted(all.data(), static_cast<std::size_t>(state.range(0)));
    for (auto _ : state)
        benchmark::DoNotOptimize(resampledCalibration(made, wanted, 15, {.resamples = 500}).data_ptr());
}
BENCHMARK(bootstrap)->Arg(4)->Arg(9)->Arg(10)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
