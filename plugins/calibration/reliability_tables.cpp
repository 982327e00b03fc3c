#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/calibration/reliability_report.h"

#include <torch/types.h>

#include <array>
#include <limits>

namespace assay::confidence {

using metrics::CalibrationMetric;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

const std::vector<CalibrationMetric>& reportedMetrics()
{
    static const std::vector<CalibrationMetric> kReported = {
        CalibrationMetric::Accuracy, CalibrationMetric::Nll,          CalibrationMetric::Brier,
        CalibrationMetric::Ece,      CalibrationMetric::EceEqualMass, CalibrationMetric::EceClasswise,
        CalibrationMetric::Mce,      CalibrationMetric::Ks,           CalibrationMetric::SmoothEce,
        CalibrationMetric::Auroc,    CalibrationMetric::Aurc};
    return kReported;
}

std::string metricKey(CalibrationMetric metric)
{
    static const std::array<const char*, 11> kKeys = {"accuracy",       "nll",           "brier", "ece",
                                                      "ece_equal_mass", "ece_classwise", "mce",   "ks",
                                                      "smece",          "auroc",         "aurc"};
    return kKeys.at(static_cast<std::size_t>(metric));
}

std::string metricTitle(CalibrationMetric metric)
{
    static const std::array<const char*, 11> kTitles = {"Accuracy",
                                                        "Negative log likelihood, nats",
                                                        "Brier score, 0 to 2",
                                                        "ECE, bins of equal width",
                                                        "ECE, bins of equal mass",
                                                        "Classwise ECE, mean over classes",
                                                        "MCE, largest gap of a bin of equal width",
                                                        "KS calibration error",
                                                        "Smooth ECE, no bins",
                                                        "AUROC of the confidence",
                                                        "AURC, area under risk over coverage"};
    return kTitles.at(static_cast<std::size_t>(metric));
}

protocol::Table binsTable(const ReliabilityScene& scene, metrics::Binning binning, int count)
{
    protocol::Table t{.name = "bins", .title = "Bins of " + binningText(binning), .section = "Reliability"};
    t.caption = definitionOf(binning, count) + " Of an empty bin nothing is known.";
    t.columns = {textColumn("binning", "Binning"),        numberColumn("bin", "Bin", 0),
                 numberColumn("lower", "Above", 4),       numberColumn("upper", "Up to", 4),
                 numberColumn("n", "Samples", 0),         numberColumn("confidence", "Mean confidence", 4),
                 numberColumn("accuracy", "Accuracy", 4), numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4),         numberColumn("gap", "Accuracy − confidence", 4)};
    double number = 0;
    const BinnedSamples samples = scene.binned(binning, count);
    for (const metrics::ReliabilityBin& bin : samples.bins) {
        TableRow(t) << (binning == metrics::Binning::EqualMass ? "equal-mass" : "equal-width") << number++
                    << bin.lower << bin.upper << static_cast<double>(bin.count) << bin.confidence
                    << bin.accuracy << bin.gap();
        if (scene.linked())
            t.samples.add(scene.idsOf(samples.sorted, bin));
    }
    return t;
}

protocol::Table numbersTable(const ReliabilityScene& scene, const CalibrationNumbers& numbers, int bins)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    protocol::Table t{
        .name = "numbers", .title = "In numbers, " + scene.temperatureText(), .section = "Reliability"};
    t.caption =
        "Of " + std::to_string(scene.answers().size()) + " samples, " + std::to_string(bins) +
        " bins. Intervals (95 %) are Wilson's of the accuracy, else basic bootstrap intervals over the "
        "samples" +
        std::string(numbers.intervals.empty() ? "; they are computed by runs, not while dragging." : ".") +
        (scene.buckets() ? " Of so many samples so are the numbers that are missing here." : "");
    t.columns = {textColumn("metric", "Metric"), textColumn("title", "What"),
                 numberColumn("value", "Value", 4), numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4)};
    for (std::size_t i = 0; i < reportedMetrics().size(); ++i) {
        const CalibrationMetric metric = reportedMetrics()[i];
        const bool known = i < numbers.intervals.size();
        TableRow(t) << metricKey(metric) << metricTitle(metric) << numbers.values[i]
                    << (known ? numbers.intervals[i].low : kNone)
                    << (known ? numbers.intervals[i].high : kNone);
    }
    return t;
}

protocol::Table heldOutTable(const ReliabilityResults& r, int bins)
{
    protocol::Table t{
        .name = "held-out", .title = "Before and after the fitted temperature", .section = "Temperature"};
    const torch::Tensor rows = r.fitted.logical_not().nonzero().squeeze(1);
    const torch::Tensor logits = r.answers.logits.index_select(0, rows).to(torch::kFloat64);
    const torch::Tensor labels = r.answers.labels.index_select(0, rows);
    t.caption = "Of the samples that the temperature was not fitted on.";
    t.columns = {numberColumn("temperature", "Temperature", 4), numberColumn("n", "Samples", 0)};
    for (const CalibrationMetric metric : reportedMetrics())
        t.columns.push_back(numberColumn(metricKey(metric), metricTitle(metric), 4));
    for (const double temperature : {1.0, r.temperature.value_or(1)}) {
        const auto p = metrics::LabelledProbabilities::fromLogits(logits / temperature, labels);
        TableRow row(t);
        row << temperature << static_cast<double>(rows.size(0));
        for (const double value : metrics::calibrationMetrics(p, reportedMetrics(), bins))
            row << value;
    }
    return t;
}

torch::Tensor shownRows(const ReliabilityScene& scene, std::int64_t most)
{
    constexpr int kTenths = 10;
    const auto& top = scene.predictions().top();
    std::array<std::vector<std::int64_t>, kTenths> waiting;
    for (const std::uint8_t correct : {0, 1}) // wrong ones first
        for (std::size_t i = 0; i < top.confidence.size(); ++i)
            if (top.correct[i] == correct)
                waiting[static_cast<std::size_t>(metrics::equalWidthBin(top.confidence[i], kTenths))]
                    .push_back(static_cast<std::int64_t>(i));
    std::vector<std::int64_t> rows;
    bool more = true;
    for (std::size_t turn = 0; more; ++turn) {
        more = false;
        for (const auto& tenth : waiting) {
            if (turn >= tenth.size())
                continue;
            if (static_cast<std::int64_t>(rows.size()) >= most)
                return torch::tensor(rows, torch::kInt64);
            rows.push_back(tenth[turn]);
            more = true;
        }
    }
    return torch::tensor(rows, torch::kInt64);
}

protocol::ImageGrid samplesGrid(const ReliabilityScene& scene, const torch::Tensor& rows,
                                const torch::Tensor& images)
{
    const Answers& a = scene.answers();
    const auto& top = scene.predictions().top();
    protocol::ImageGrid grid{.name = "samples",
                             .title = "Samples of " + a.model,
                             .caption =
                                 "From each tenth of confidence in turn, wrong ones first; confidences are "
                                 "those at the run's temperature. Select a bin to find its images.",
                             .section = "Images"};
    reporting::fillPlanes(grid, a.ids.index_select(0, rows), {{"image", images}});
    protocol::ImageAttribute outcome{
        .name = "outcome", .title = "Outcome", .values = {"right", "wrong"}, .roles = {"same", "different"}};
    protocol::ImageAttribute tenth{.name = "confidence", .title = "Confidence"};
    for (int b = 0; b < 10; ++b)
        tenth.values.push_back(std::to_string(10 * b) + " to " + std::to_string(10 * (b + 1)) + " %");
    std::vector<std::int64_t> predicted;
    for (std::int64_t k = 0; k < rows.size(0); ++k) {
        const auto i = static_cast<std::size_t>(rows.data_ptr<std::int64_t>()[k]);
        outcome.codes.push_back(top.correct[i] ? 0 : 1);
        tenth.codes.push_back(static_cast<std::int32_t>(metrics::equalWidthBin(top.confidence[i], 10)));
        predicted.push_back(top.predicted[i]);
        grid.notes.push_back(reporting::likelyClasses(
            scene.predictions().probabilities()[static_cast<std::int64_t>(i)], a.classes));
    }
    grid.attributes = {
        reporting::classesOf("label", "True class", a.classes, a.labels.index_select(0, rows)),
        reporting::classesOf("predicted", "Predicted", a.classes, torch::tensor(predicted, torch::kInt64)),
        std::move(outcome), std::move(tenth)};
    return grid;
}

} // namespace assay::confidence
