#include "plugins/calibration/reliability_live.h"

#include "backend/metrics/calibration_error.h"

#include <limits>
#include <utility>

namespace assay::confidence {

using metrics::Binning;
using metrics::CalibrationMetric;

LiveScene::LiveScene(std::shared_ptr<const LiveRun> of, double temperature, std::vector<double> buffer)
    : run(std::move(of))
    , scene(run->results, temperature, run->tempered, std::move(buffer))
{}

std::shared_ptr<const LiveScene> LiveScenes::at(const engine::RunContext& ctx, double temperature)
{
    const std::lock_guard lock(m_mutex);
    const bool sameRun = m_last && m_last->run->folder == ctx.folder();
    if (sameRun && m_last->scene.temperature() == temperature)
        return m_last;
    std::shared_ptr<const LiveRun> run = sameRun ? m_last->run : nullptr;
    if (!run) {
        auto read = std::make_shared<LiveRun>();
        read->folder = ctx.folder();
        read->results = reliabilityFrom(ctx.loadArtifact("outcomes"));
        const Answers& answers = read->results.answers;
        if (answers.size() > ReliabilityScene::kMostLinked)
            read->tempered = std::make_shared<metrics::TemperedLogits>(answers.logits, answers.labels);
        run = std::move(read);
    }
    // Only at() hands out owners, so that what has no other one now will have none.
    std::vector<double> buffer;
    if (const auto last = std::exchange(m_last, nullptr); last && last.use_count() == 1)
        buffer = last->scene.takeBuffer();
    m_last = std::make_shared<LiveScene>(std::move(run), temperature, std::move(buffer));
    return m_last;
}

CalibrationNumbers liveNumbers(const ReliabilityScene& scene, int bins)
{
    if (!scene.buckets())
        return {metrics::calibrationMetrics(scene.predictions(), reportedMetrics(), bins), {}};
    const BinnedSamples width = scene.binned(Binning::EqualWidth, bins);
    const BinnedSamples mass = scene.binned(Binning::EqualMass, bins);
    const auto valueOf = [&](CalibrationMetric metric) {
        switch (metric) {
        case CalibrationMetric::Accuracy:
            return scene.accuracy();
        case CalibrationMetric::Nll:
            return scene.liveNll();
        case CalibrationMetric::Brier:
            return scene.liveBrier();
        case CalibrationMetric::Ece:
            return metrics::expectedCalibrationError(width.bins);
        case CalibrationMetric::EceEqualMass:
            return metrics::expectedCalibrationError(mass.bins);
        case CalibrationMetric::Mce:
            return metrics::maximumCalibrationError(width.bins);
        default:
            return std::numeric_limits<double>::quiet_NaN();
        }
    };
    CalibrationNumbers numbers;
    for (const CalibrationMetric metric : reportedMetrics())
        numbers.values.push_back(valueOf(metric));
    return numbers;
}

} // namespace assay::confidence
