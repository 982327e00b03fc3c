#include "backend/metrics/calibration_bins.h"
#include "backend/metrics/calibration_error.h"
#include "backend/metrics/calibration_summary.h"
#include "backend/metrics/confidence_buckets.h"
#include "backend/metrics/draws.h"
#include "backend/metrics/smooth_calibration.h"
#include "backend/metrics/tempered_logits.h"

#include <benchmark/benchmark.h>

#include <torch/types.h>

#include <utility>
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

/// Logits of ten classes in which the label's is the largest three times of four, and clearly.
const torch::Tensor& labels()
{
    static const torch::Tensor made = torch::arange(kPredictions) % 10;
    return made;
}
const torch::Tensor& logits()
{
    static const torch::Tensor made = [] {
        auto generator = at::detail::createCPUGenerator(1);
        torch::Tensor z = torch::randn({kPredictions, 10}, generator) * 2;
        return z.scatter_add_(1, labels().unsqueeze(1), torch::full({kPredictions, 1}, 5.0));
    }();
    return made;
}

/// A frame of the temperature's slider by sorting: both binnings of a million samples of ten classes.
void temperatureBySorting(benchmark::State& state)
{
    double temperature = 1;
    for (auto _ : state) {
        const auto p =
            LabelledProbabilities::fromLogits(logits().to(torch::kFloat64) / (temperature += 0.01), labels());
        const SortedConfidences sorted(p.top().confidence, p.top().correct);
        for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass})
            benchmark::DoNotOptimize(expectedCalibrationError(sorted.bins(binning, 15)));
    }
}
BENCHMARK(temperatureBySorting)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The same as the live temperature does it, with the likelihood and Brier's score. Argument: temperature
/// times ten, for confidences crowd at 1 when it is cold and at 1/10 when it is hot.
void liveTemperature(benchmark::State& state)
{
    static const TemperedLogits tempered(logits(), labels());
    double temperature = static_cast<double>(state.range(0)) / 10;
    std::vector<double> buffer;
    for (auto _ : state) {
        TemperedConfidences live = tempered.at(temperature += 0.0001, std::move(buffer));
        const ConfidenceBuckets buckets(live.confidence, tempered.correct());
        for (const Binning binning : {Binning::EqualWidth, Binning::EqualMass})
            benchmark::DoNotOptimize(expectedCalibrationError(buckets.bins(binning, 15)));
        buffer = std::move(live.confidence);
    }
}
BENCHMARK(liveTemperature)->Arg(2)->Arg(10)->Arg(30)->Arg(150)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The part of it that is confidences, for each instruction set: 0 is the best of this computer.
void liveConfidences(benchmark::State& state)
{
    static const TemperedLogits tempered(logits(), labels());
    const auto kernels = runnableTemperedKernels();
    const auto which = static_cast<std::size_t>(state.range(0));
    if (which >= kernels.size())
        return state.SkipWithError("this computer has fewer instruction sets");
    state.SetLabel(kernels[which].name);
    for (auto _ : state)
        benchmark::DoNotOptimize(tempered.at(1.5, kernels[which]).brier);
}
BENCHMARK(liveConfidences)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

void smoothError(benchmark::State& state)
{
    static const SortedConfidences sorted(predictions().confidence, predictions().correct);
    for (auto _ : state)
        benchmark::DoNotOptimize(smoothCalibrationError(sorted));
}
BENCHMARK(smoothError)->Unit(benchmark::kMillisecond);

void bootstrap(benchmark::State& state)
{
    const torch::Tensor logits = (torch::arange(100000, torch::kFloat64).view({10000, 10}) * 1.3).sin() * 3;
    const auto made = LabelledProbabilities::fromLogits(logits, torch::arange(10000) % 10);
    const std::vector<CalibrationMetric> all = {
        CalibrationMetric::Accuracy,     CalibrationMetric::Nll,          CalibrationMetric::Brier,
        CalibrationMetric::Ece,          CalibrationMetric::EceEqualMass, CalibrationMetric::Mce,
        CalibrationMetric::Ks,           CalibrationMetric::Auroc,        CalibrationMetric::Aurc,
        CalibrationMetric::EceClasswise, CalibrationMetric::SmoothEce};
    const std::span<const CalibrationMetric> wanted(all.data(), static_cast<std::size_t>(state.range(0)));
    for (auto _ : state)
        benchmark::DoNotOptimize(resampledCalibration(made, wanted, 15, {.resamples = 500}).data_ptr());
}
BENCHMARK(bootstrap)->Arg(4)->Arg(9)->Arg(10)->Arg(11)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
