#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/backdoor/robust_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;
using reporting::percentScale;
using reporting::shortText;

namespace {

constexpr double kPercent = 100;
constexpr int kScoreBins = 30;

/// A network's mean attack success and accuracy, with the interval of the accuracy over images or, of several
/// repetitions, one deviation to either side.
void addPoint(Layer& layer, const std::vector<const RobustOutcome*>& outcomes, const std::string& label)
{
    if (outcomes.empty())
        return;
    const RobustMean accuracy = meanOver(outcomes, &BackdoorRates::clean);
    const bool one = outcomes.size() == 1;
    const metrics::Rate& rate = outcomes.front()->rates.clean;
    layer.x.push_back(kPercent * meanOver(outcomes, &BackdoorRates::asr).value);
    layer.y.push_back(kPercent * accuracy.value);
    layer.low.push_back(kPercent * (one ? rate.low : accuracy.value - accuracy.deviation));
    layer.high.push_back(kPercent * (one ? rate.high : accuracy.value + accuracy.deviation));
    layer.labels.push_back(label);
}

std::string spreadName(const RobustResults& r)
{
    return r.repeats > 1 ? "one deviation over " + std::to_string(r.repeats) + " repetitions"
                         : reporting::kWilson;
}

/// A line over strength of one rate of the students of one alpha.
Layer lineOf(const RobustResults& r, double alpha, const metrics::Rate BackdoorRates::*rate,
             const std::string& name, const std::string& role)
{
    Layer line{.kind = LayerKind::Line, .name = name, .role = role};
    for (const double strength : r.strengths) {
        const auto outcomes = r.of(RobustKind::Student, strength, alpha);
        if (outcomes.empty())
            continue;
        if (outcomes.size() == 1) {
            reporting::addRateMark(line, strength, outcomes.front()->rates.*rate, true);
            continue;
        }
        const RobustMean mean = meanOver(outcomes, rate);
        line.x.push_back(strength);
        line.y.push_back(kPercent * mean.value);
        line.low.push_back(kPercent * (mean.value - mean.deviation));
        line.high.push_back(kPercent * (mean.value + mean.deviation));
    }
    return line;
}

/// The strengths' values of one repetition after another, averaged.
Layer survivalLine(const RobustResults& r, const metrics::Rate RobustSurvivalRow::*rate,
                   const std::string& name, const std::string& role)
{
    Layer line{.kind = LayerKind::Line, .name = name, .role = role};
    for (const double strength : r.strengths) {
        std::vector<const RobustSurvivalRow*> rows;
        double sum = 0;
        for (const RobustSurvivalRow& row : r.survival)
            if (row.strength == strength) {
                rows.push_back(&row);
                sum += (row.*rate).value;
            }
        if (rows.size() == 1) {
            reporting::addRateMark(line, strength, rows.front()->*rate, true);
            continue;
        }
        const double mean = sum / static_cast<double>(rows.size());
        double squares = 0;
        for (const RobustSurvivalRow* row : rows)
            squares += ((row->*rate).value - mean) * ((row->*rate).value - mean);
        const double deviation = std::sqrt(squares / static_cast<double>(rows.size() - 1));
        line.x.push_back(strength);
        line.y.push_back(kPercent * mean);
        line.low.push_back(kPercent * (mean - deviation));
        line.high.push_back(kPercent * (mean + deviation));
    }
    return line;
}

} // namespace

Figure robustTradeOffFigure(const RobustResults& r)
{
    Figure f{.name = "trade-off",
             .title = "Accuracy against attack success",
             .section = "What is left",
             .interval = spreadName(r)};
    f.caption = "Up and to the left is better. Students of one α are joined in the order of the variations' "
                "strength, which stands beside them. Trigger: " +
                r.trigger + "; variations by " + r.variation + ".";
    f.x = percentScale("Attack success: of triggered images of other classes");
    f.y = percentScale("Accuracy on clean images");
    f.y.low.reset();
    for (const double alpha : r.alphas) {
        Layer line{.kind = LayerKind::Line,
                   .name = std::string(robustKindTitle(RobustKind::Student)) + ", α = " + shortText(alpha),
                   .role = alpha == r.mainAlpha ? "accent" : "model:" + shortText(alpha)};
        for (const double strength : r.strengths)
            addPoint(line, r.of(RobustKind::Student, strength, alpha), shortText(strength));
        f.layers.push_back(line);
        line.kind = LayerKind::Points;
        line.name.clear();
        f.layers.push_back(std::move(line));
    }
    const auto point = [&](RobustKind kind, double strength, double alpha, const char* role) {
        Layer layer{.kind = LayerKind::Points, .name = robustKindTitle(kind), .role = role};
        addPoint(layer, r.of(kind, strength, alpha), robustKindName(kind));
        f.layers.push_back(std::move(layer));
    };
    point(RobustKind::Teacher, kNoNumber, kNoNumber, "different");
    point(RobustKind::Originals, kNoNumber, r.mainAlpha, "model:originals");
    point(RobustKind::Labels, r.mainStrength, kNoNumber, "neutral");
    point(RobustKind::Blur, kRobustBlur, kNoNumber, "model:blur");
    return f;
}

Figure robustByStrengthFigure(const RobustResults& r)
{
    Figure f{.name = "by-strength",
             .title = "Students over the strength of the variations",
             .section = "What is left",
             .interval = spreadName(r)};
    f.caption = "Accuracy on clean test images and attack success of each student; the lines across are the "
                "teacher's. Variations by " +
                r.variation + ".";
    f.x = {.label = "Strength", .low = 0, .high = 1, .sets = "strength"};
    f.y = percentScale("Share of test images");
    for (const double alpha : r.alphas) {
        const std::string suffix = r.alphas.size() > 1 ? ", α = " + shortText(alpha) : "";
        f.layers.push_back(lineOf(r, alpha, &BackdoorRates::clean, "accuracy" + suffix, "same"));
        f.layers.push_back(lineOf(r, alpha, &BackdoorRates::asr, "attack success" + suffix, "different"));
    }
    Layer teacher{.kind = LayerKind::Marks, .name = "teacher", .role = "neutral"};
    const auto outcomes = r.of(RobustKind::Teacher);
    teacher.y = {kPercent * meanOver(outcomes, &BackdoorRates::clean).value,
                 kPercent * meanOver(outcomes, &BackdoorRates::asr).value};
    teacher.labels = {"teacher's accuracy", "teacher's attack success"};
    f.layers.push_back(std::move(teacher));
    return f;
}

Figure robustSurvivalFigure(const RobustResults& r)
{
    Figure f{.name = "survival",
             .title = "What the teacher finds in the variations",
             .section = "Variations",
             .rateOf = "training images of a kind",
             .interval = spreadName(r)};
    f.caption = "Survival: poisoned images whose variation still gets the label that they were poisoned "
                "with. Fidelity: clean images whose variation gets their true class. Variations by " +
                r.variation + ".";
    f.x = {.label = "Strength", .low = 0, .high = 1, .sets = "strength"};
    f.y = percentScale("Share of training images");
    f.layers = {survivalLine(r, &RobustSurvivalRow::survived, "survival of the trigger", "different"),
                survivalLine(r, &RobustSurvivalRow::faithful, "fidelity", "same")};
    return f;
}

Figure robustPoisonedFigure(const RobustResults& r)
{
    const RobustSuspects& s = r.suspects;
    Figure f{.name = "poisoned-confusion",
             .title = "Poisoned images: what the teacher says of their variations",
             .section = "Variations"};
    f.caption = "Variations by " + r.variation + " at strength " + shortText(s.strength) +
                ": counts by true class. A full diagonal means that content was kept and the trigger lost; "
                "a full column of the target's class, that it survived.";
    f.x = {.label = "Teacher's class", .scale = AxisScale::Category, .categories = r.classes};
    f.y = {.label = "True class", .scale = AxisScale::Category, .categories = r.classes};
    f.colour = {.label = "Images", .low = 0};
    f.aspect = 1.2;
    const auto classes = static_cast<std::int64_t>(r.classes.size());
    Layer cells{.kind = LayerKind::Cells};
    cells.colourMap = "sequential";
    cells.rows = cells.columns = static_cast<std::uint32_t>(classes);
    for (std::int64_t truth = 0; truth < classes; ++truth)
        for (std::int64_t said = 0; said < classes; ++said) {
            const torch::Tensor here = s.poisoned.logical_and(s.truth.eq(truth)).logical_and(s.said.eq(said));
            const std::vector<std::int64_t> ids = reporting::idsWhere(s.ids, here);
            cells.z.push_back(static_cast<double>(ids.size()));
            cells.samples.add(ids);
        }
    f.layers.push_back(std::move(cells));
    f.opens = "suspects";
    return f;
}

Figure robustScoresFigure(const RobustResults& r)
{
    const RobustSuspects& s = r.suspects;
    Figure f{
        .name = "suspect-scores", .title = "How strongly labels are contradicted", .section = "Suspects"};
    f.caption =
        "Score of an image: the teacher's largest logit for its variation but that of its label, less "
        "that of the label; above 0 they disagree. AUROC as a test for poisoned images: " +
        shortText(aurocOf(s.score, s.poisoned)) + ".";
    f.x = {.label = "Score"};
    f.y = {.label = "Training images"};
    const double low = s.score.min().item<double>(), high = s.score.max().item<double>();
    const double width = high > low ? (high - low) / kScoreBins : 1;
    const torch::Tensor bins = ((s.score - low) / width).floor().clamp(0, kScoreBins - 1);
    for (const bool poisoned : {false, true}) {
        Layer bars{.kind = LayerKind::Bars,
                   .name = poisoned ? "poisoned" : "clean",
                   .role = poisoned ? "different" : "same",
                   .stack = "images"};
        for (int bin = 0; bin < kScoreBins; ++bin) {
            const torch::Tensor here = bins.eq(bin).logical_and(s.poisoned.eq(poisoned));
            const std::vector<std::int64_t> ids = reporting::idsWhere(s.ids, here);
            bars.x.push_back(low + (bin + 0.5) * width);
            bars.y.push_back(static_cast<double>(ids.size()));
            bars.samples.add(ids);
        }
        f.layers.push_back(std::move(bars));
    }
    f.opens = "suspects";
    return f;
}

} // namespace assay::backdoor
