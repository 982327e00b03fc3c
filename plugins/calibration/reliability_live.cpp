#include "plugins/calibration/reliability_live.h"

#include "backend/metrics/calibration_error.h"

#include <limits>
#include <utility>

namespace assay::confidence {

using metrics::Binning;
using metrics::CalibrationMetric;

namespace {

std::shared_ptr<const LiveRun> readRun(const engine::RunContext& ctx)
{
    auto run = std::make_shared<LiveRun>();
    run->folder = ctx.folder();
    run->results = reliabilityFrom(ctx.loadArtifact("outcomes"));
    const Answers& answers = run->results.answers;
    if (answers.size() > ReliabilityScene::kMostLinked)
        run->tempered = std::make_shared<metrics::TemperedLogits>(answers.logits, answers.labels);
    return run;
}

} // namespace

std::vector<double> SpareBuffer::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_buffer, {});
}

void SpareBuffer::put(std::vector<double> buffer)
{
    const std::lock_guard lock(m_mutex);
    m_buffer.swap(buffer);
}

LiveScene::LiveScene(std::shared_ptr<const LiveRun> of, double temperature,
                     std::shared_ptr<SpareBuffer> memory)
    : spare(std::move(memory))
    , run(std::move(of))
    , scene(run->results, temperature, run->tempered, spare ? spare->take() : std::vector<double>())
{}

LiveScene::~LiveScene()
{
    if (spare)
        spare->put(scene.takeBuffer());
}

std::shared_ptr<const LiveScene> LiveScenes::at(const engine::RunContext& ctx, double temperature)
{
    const std::lock_guard lock(m_mutex);
    const bool sameRun = m_last && m_last->run->folder == ctx.folder();
    if (sameRun && m_last->scene.temperature() == temperature)
        return m_last;
    std::shared_ptr<const LiveRun> run = sameRun ? m_last->run : nullptr;
    m_last.reset(); // hands its buffer back, unless another thread still reads it and will do so later
    if (!run) {
        m_spare->take(); // of another run, and perhaps much larger
        run = readRun(ctx);
    }
    const bool kept = run->results.answers.logits.nbytes() <= m_mostKeptBytes;
    auto scene = std::make_shared<const LiveScene>(std::move(run), temperature, kept ? m_spare : nullptr);
    if (kept)
        m_last = scene;
    return scene;
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
