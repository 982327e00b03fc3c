#include "plugins/calibration/shift_study.h"

#include "backend/calibration/temperature.h"
#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/image_planes.h"
#include "plugins/calibration/methods.h"
#include "plugins/calibration/shift_results.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

/// Bytes of images that a run keeps for the gallery, of all shifts together.
constexpr std::int64_t kMostKeptBytes = 48 << 20;
/// Of a shift some are kept even where that takes more.
constexpr std::int64_t kLeastKept = 50;

/// How many images of each shift are kept: the same ones of all.
std::int64_t keptOf(const torch::Tensor& x, std::size_t shifts)
{
    const std::int64_t bytes = std::max<std::int64_t>(1, x[0].numel() * static_cast<std::int64_t>(shifts));
    return std::min(x.size(0), std::max(kLeastKept, kMostKeptBytes / bytes));
}

std::string shiftedArtifact(std::size_t s)
{
    return "images-" + std::to_string(s);
}

void emitShiftView(engine::RunContext& ctx, const ShiftResults& r, const ShiftParams& p)
{
    const std::size_t shown = shownShift(r, p);
    // At severity 0 the curves remain those of the shift that is looked at.
    const std::size_t curve = shownShift(r, [&] {
        ShiftParams farthest = p;
        farthest.viewSeverity = data::kMaxSeverity;
        return farthest;
    }());
    const std::vector<SeverityPoint> points = severityPoints(r, p.bins, r.shifts[curve].id);
    ctx.figure(apartFigure(r, points, r.shifts[curve].id, r.shifts[shown].severity));
    ctx.figure(shiftEceFigure(r, points, r.shifts[curve].id, r.shifts[shown].severity));
    ctx.checkpoint();
    for (const bool after : {false, true}) {
        const ReliabilityScene scene(r.at[shown], after ? r.temperature : 1);
        protocol::Figure diagram = diagramFigure(scene, metrics::Binning::EqualWidth, p.bins);
        diagram.name = after ? "reliability-after" : "reliability-before";
        diagram.title = shiftText(r.shifts[shown]) + ": " + diagram.title;
        diagram.opens = "shifted";
        ctx.figure(std::move(diagram));
    }
    ctx.checkpoint();
    const torch::Tensor images = ctx.loadArtifact(shiftedArtifact(shown)).at("images").cpu();
    const ReliabilityScene scene(r.at[shown], 1);
    protocol::ImageGrid grid =
        samplesGrid(scene, torch::arange(images.size(0), torch::kInt64), images.to(torch::kFloat32) / 255);
    grid.name = "shifted";
    grid.title = shiftText(r.shifts[shown]);
    const std::int64_t kept = images.size(0), n = r.at[shown].answers.size();
    grid.caption =
        (kept == n ? "The " + std::to_string(n) + " images judged by"
                   : "The first " + std::to_string(kept) + " of " + std::to_string(n) + " images judged by") +
        ", the same of every shift, with what the model says before the temperature. Select a bin "
        "to find its images.";
    ctx.images(std::move(grid));
}

class ShiftStudy final : public engine::StudyOf<ShiftParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "calibration.shift",
            .title = "Confidence under shift",
            .question = "Does a classifier notice when its images get worse?",
            .summary =
                "Corrupts test images more and more and shows how accuracy and confidence come apart, "
                "with the calibration error and the reliability diagram at any severity, before and after "
                "a temperature that was fitted on clean images.",
            .reference = "D. Hendrycks, T. Dietterich: Benchmarking Neural Network Robustness to Common "
                         "Corruptions and Perturbations. ICLR 2019",
            .keywords = {"calibration", "shift", "corruption", "severity", "CIFAR-C", "confidence", "ECE"},
            .outputs =
                {"tables/severities.csv: model, shift, severity, n, accuracy, low, high, confidence, ece, "
                 "nll, calibrated_confidence, calibrated_ece, calibrated_nll",
                 "metrics temperature, ece_clean, ece_worst, calibrated_ece_clean, calibrated_ece_worst"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const ShiftParams& params) override
    {
        ShiftParams p = params;
        reporting::sortUnique(p.severities);
        reporting::keepFirsts(p.shifts);
        const auto dataset = ctx.dataset(p.dataset);
        const auto models = reporting::openModels(ctx, {p.model}, dataset->info(), "model");
        const reporting::TestImages all = reporting::drawTestImages(ctx, *dataset, p.count);
        const SplitRows rows = splitRows(ctx, all.size(), splitStream(0), p.fitShare);
        const reporting::TestImages fit = all.select(rows.fit), test = all.select(rows.test);

        ShiftResults r;
        r.temperature = calibration::fitTemperature(
            {askedLogits(ctx, *models[0].model, fit.x, "Clean images to fit on"), fit.y},
            calibration::Loss::Nll);
        r.shifts = shiftsOf(p.shifts, p.severities);
        for (std::size_t s = 0; s < r.shifts.size(); ++s) {
            ctx.checkpoint();
            ctx.progress(static_cast<double>(s), static_cast<double>(r.shifts.size()),
                         shiftText(r.shifts[s]));
            const torch::Tensor x = shiftedImages(ctx, test, r.shifts[s]);
            ReliabilityResults& one = r.at.emplace_back();
            one.answers = {.model = models[0].name,
                           .classes = dataset->info().classes,
                           .logits = askedLogits(ctx, *models[0].model, x, shiftText(r.shifts[s])),
                           .labels = test.y,
                           .ids = test.ids,
                           .images = dataset};
            one.temperature = r.temperature;
            one.fitted = torch::zeros({test.size()}, torch::kBool);
            const torch::Tensor kept = x.narrow(0, 0, keptOf(x, r.shifts.size())) * 255;
            ctx.artifact(shiftedArtifact(s),
                         {{"images", kept.round().clamp(0, 255).to(torch::kUInt8).cpu().contiguous()}});
        }
        ctx.artifact("outcomes", toTensors(r));
        emitShiftView(ctx, r, p);
        emitNumbers(ctx, r, p.bins);
    }

    void previewWith(engine::RunContext& ctx, const ShiftParams& p) override
    {
        emitShiftView(ctx, shiftResultsFrom(ctx.loadArtifact("outcomes")), p);
    }

private:
    static void emitNumbers(engine::RunContext& ctx, const ShiftResults& r, int bins)
    {
        const std::vector<SeverityPoint> points = severityPoints(r, bins);
        ctx.table(severitiesTable(r, points));
        ctx.metric({.name = "temperature", .value = r.temperature});
        for (const int after : {0, 1}) {
            double worst = 0;
            for (const SeverityPoint& point : points)
                worst = std::max(worst, point.ece[after]);
            const std::string prefix = after == 1 ? "calibrated_ece_" : "ece_";
            ctx.metric({.name = prefix + "clean", .value = points.front().ece[after]});
            ctx.metric({.name = prefix + "worst", .value = worst});
        }
    }
};

} // namespace

std::unique_ptr<engine::Study> makeShiftStudy()
{
    return std::make_unique<ShiftStudy>();
}

} // namespace assay::confidence
