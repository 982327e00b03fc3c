#include "plugins/calibration/reliability_study.h"

#include "backend/calibration/temperature.h"
#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/parallel.h"
#include "plugins/calibration/methods.h"
#include "plugins/calibration/reliability_live.h"
#include "plugins/calibration/reliability_report.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

constexpr std::int64_t kShownImages = 10000;
/// Samples drawn by all resamples together: seconds.
constexpr std::int64_t kMostDraws = 200'000'000;
/// Resamples between which the run can be cancelled.
constexpr int kResampledAtOnce = 50;
/// Probabilities whose classes are sorted anew while a slider is dragged.
constexpr std::int64_t kMostLiveClasses = 2'000'000;

/// What follows from the results at any setting of the view, in the run and in previews.
void emitView(engine::RunContext& ctx, const ReliabilityScene& scene, const ReliabilityParams& p, bool live)
{
    const metrics::Binning binning = binningOf(p.binning);
    ctx.figure(diagramFigure(scene, metrics::Binning::EqualWidth, p.bins));
    ctx.figure(diagramFigure(scene, metrics::Binning::EqualMass, p.bins));
    ctx.table(binsTable(scene, binning, p.bins));
    ctx.figure(confidenceFigure(scene, binning, p.bins));
    ctx.checkpoint();
    if (!scene.buckets())
        ctx.figure(riskCoverageFigure(scene));
    if (live && scene.answers().logits.numel() > kMostLiveClasses)
        return;
    const ClassReliability classes = classReliability(scene);
    ctx.checkpoint();
    ctx.figure(classGapsFigure(scene, classes, binning, p.bins));
    const std::int64_t shown = classPosition(scene.results(), p.viewClass);
    ctx.figure(
        classDiagramFigure(scene, classes.sorted[static_cast<std::size_t>(shown)], shown, binning, p.bins));
}

class ReliabilityStudy final : public engine::StudyOf<ReliabilityParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "calibration.reliability",
            .title = "Reliability",
            .question = "Can the confidence of a classifier be believed?",
            .summary =
                "Compares how sure a model is with how often it is right: reliability diagrams with bins "
                "of equal width and of equal mass, the same for each class, the histogram of the "
                "confidence, and calibration errors with intervals. A temperature can be fitted or set by "
                "hand. Works with a file of logits and labels alone.",
            .reference =
                "C. Guo, G. Pleiss, Y. Sun, K. Weinberger: On Calibration of Modern Neural Networks. "
                "ICML 2017",
            .keywords = {"calibration", "confidence", "ECE", "expected calibration error",
                         "reliability diagram", "temperature", "Brier", "logits"},
            .outputs =
                {"metrics accuracy, nll, brier, ece, ece_equal_mass, ece_classwise, mce, ks, smece, auroc, "
                 "aurc; temperature where one was fitted",
                 "tables/bins.csv: binning, bin, lower, upper, n, confidence, accuracy, low, high, gap",
                 "tables/numbers.csv: metric, title, value, low, high",
                 "tables/details.csv: metric, title, value",
                 "tables/held-out.csv: temperature, n, accuracy, nll, brier, ece, ..."},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const ReliabilityParams& p) override
    {
        ReliabilityResults results;
        results.answers = openAnswers(ctx, p.model, p.dataset, p.count);
        results.fitted = torch::zeros({results.answers.size()}, torch::kBool);
        results.gallery = results.answers.images != nullptr;
        if (p.fit)
            fitTemperature(ctx, results, p.fitShare);
        ctx.artifact("outcomes", toTensors(results));
        const ReliabilityScene scene(results, p.temperature);
        emitView(ctx, scene, p, false);
        emitNumbers(ctx, scene, p);
        emitTemperature(ctx, results, p);
        if (results.answers.images)
            emitImages(ctx, scene);
    }

    void previewWith(engine::RunContext& ctx, const ReliabilityParams& p) override
    {
        const std::shared_ptr<const LiveScene> live = m_live.at(ctx, p.temperature);
        ctx.checkpoint();
        emitView(ctx, live->scene, p, true);
        ctx.checkpoint();
        ctx.table(numbersTable(live->scene, liveNumbers(live->scene, p.bins), p.bins));
    }

private:
    static void fitTemperature(engine::RunContext& ctx, ReliabilityResults& r, double share)
    {
        ctx.progress(0, 1, "Fitting a temperature");
        const torch::Tensor rows = splitRows(ctx, r.answers.size(), "split", share).fit;
        const calibration::FitSet set(r.answers.logits.index_select(0, rows),
                                      r.answers.labels.index_select(0, rows));
        r.temperature = calibration::fitTemperature(set, calibration::Loss::Nll);
        r.fitted.index_fill_(0, rows, true);
    }

    static void emitTemperature(engine::RunContext& ctx, const ReliabilityResults& r,
                                const ReliabilityParams& p)
    {
        ctx.checkpoint();
        ctx.figure(temperatureFigure(r, p.bins, [&] { ctx.checkpoint(); }));
        if (!r.temperature)
            return;
        ctx.table(heldOutTable(r, p.bins));
        ctx.metric({.name = "temperature", .value = *r.temperature});
        ctx.log("Fitted temperature " + reporting::shortText(*r.temperature) + ", on " +
                std::to_string(r.fitted.sum().item<std::int64_t>()) + " of " +
                std::to_string(r.answers.size()) + " samples.");
    }

    static void emitNumbers(engine::RunContext& ctx, const ReliabilityScene& scene,
                            const ReliabilityParams& p)
    {
        CalibrationNumbers numbers;
        numbers.values = metrics::calibrationMetrics(scene.predictions(), reportedMetrics(), p.bins);
        const auto affordable = std::max<std::int64_t>(kResampledAtOnce, kMostDraws / scene.top().size());
        const int resamples = static_cast<int>(std::min<std::int64_t>(p.resamples, affordable));
        if (resamples < p.resamples)
            ctx.log("Intervals of " + std::to_string(resamples) + " resamples instead of " +
                    std::to_string(p.resamples) + ": there are " + std::to_string(scene.top().size()) +
                    " samples.");
        // Resamples are short transforms: to share one out to many threads takes longer than to make it.
        const models::SingleThread alone;
        std::vector<torch::Tensor> parts;
        for (int done = 0; done < resamples; done += kResampledAtOnce) {
            ctx.checkpoint();
            ctx.progress(done, resamples, "Bootstrap intervals");
            parts.push_back(metrics::resampledCalibration(
                scene.predictions(), reportedMetrics(), p.bins,
                {.resamples = std::min(kResampledAtOnce, resamples - done),
                 .seed = ctx.seed() * 1'000'003 + static_cast<std::uint64_t>(done)}));
        }
        const torch::Tensor drawn = torch::cat(parts);
        std::vector<protocol::Metric> emitted;
        for (std::size_t i = 0; i < reportedMetrics().size(); ++i) {
            const metrics::CalibrationMetric metric = reportedMetrics()[i];
            if (metric == metrics::CalibrationMetric::Accuracy) {
                const metrics::Rate rate = metrics::wilson(scene.top().totalCorrect(), scene.top().size());
                numbers.intervals.push_back({rate.low, rate.high});
                emitted.push_back(reporting::rateNumber(metricKey(metric), rate, "samples"));
                continue;
            }
            numbers.intervals.push_back(
                metrics::basicInterval(drawn.select(1, static_cast<std::int64_t>(i)), numbers.values[i]));
            emitted.push_back({.name = metricKey(metric),
                               .value = numbers.values[i],
                               .low = numbers.intervals[i].low,
                               .high = numbers.intervals[i].high,
                               .interval = "basic bootstrap 95 %"});
        }
        // A narrow window has room for the first two or three: the ECE is what the study is about.
        std::ranges::stable_partition(emitted, [](const protocol::Metric& m) { return m.name == "ece"; });
        for (protocol::Metric& metric : emitted)
            ctx.metric(std::move(metric));
        ctx.table(numbersTable(scene, numbers, p.bins));
        ctx.table(detailsTable(scene, p.bins));
    }

    static void emitImages(engine::RunContext& ctx, const ReliabilityScene& scene)
    {
        ctx.checkpoint();
        const data::Dataset& set = *scene.answers().images;
        const data::DatasetInfo& info = set.info();
        const auto fit =
            static_cast<std::int64_t>(reporting::imagesThatFit(info.channels, info.height, info.width, 1));
        const torch::Tensor rows = shownRows(scene, std::min(kShownImages, fit));
        ctx.images(samplesGrid(
            scene, rows,
            set.images(data::Split::Test, scene.answers().ids.index_select(0, rows), torch::kCPU)));
    }

    LiveScenes m_live;
};

} // namespace

std::unique_ptr<engine::Study> makeReliabilityStudy()
{
    return std::make_unique<ReliabilityStudy>();
}

} // namespace assay::confidence
