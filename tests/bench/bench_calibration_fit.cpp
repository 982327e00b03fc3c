#include "backend/calibration/registry.h"
#include "backend/metrics/draws.h"

#include <benchmark/benchmark.h>

#include <torch/types.h>

#include <cmath>

// Fitting each calibrator on 10 000 samples of 10 classes, and of 100 where it takes a number of classes.

namespace {

using namespace assay;

calibration::FitSet madeSet(std::int64_t n, std::int64_t classes)
{
    metrics::Draws draws(1);
    const auto uniform = [&] { return (static_cast<double>(draws.below(1 << 30)) + 0.5) / (1 << 30); };
    torch::Tensor z = torch::empty({n, classes}, torch::kFloat64), labels = torch::empty({n}, torch::kInt64);
    for (std::int64_t i = 0; i < z.numel(); ++i)
        z.data_ptr<double>()[i] = 4 * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
    const torch::Tensor cumulative = (z / 2).softmax(1).cumsum(1);
    for (std::int64_t i = 0; i < n; ++i)
        labels[i] = (cumulative[i] < uniform()).sum().clamp_max(classes - 1);
    return {z, labels};
}

void fit(benchmark::State& state, const std::string& id)
{
    const calibration::FitSet set = madeSet(10000, state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(calibration::calibratorKind(id).fit(set, {}));
}

} // namespace

int main(int argc, char** argv)
{
    for (const calibration::CalibratorKind& kind : calibration::calibratorKinds()) {
        for (const std::int64_t classes : {10, 100})
            benchmark::RegisterBenchmark(kind.id.c_str(), fit, kind.id)
                ->Arg(classes)
                ->Unit(benchmark::kMillisecond)
                ->MeasureProcessCPUTime();
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
