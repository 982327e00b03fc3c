#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/calibration_error.h"
#include "backend/metrics/kernel_calibration.h"
#include "backend/metrics/proper_scores.h"
#include "backend/metrics/selective.h"
#include "plugins/calibration/reliability_report.h"

#include <algorithm>

namespace assay::confidence {

using metrics::Binning;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

/// Points of the curve, at most: the surest, the least sure, and between them evenly by coverage.
constexpr double kCurvePoints = 400;

/// The least share of wrong ones that any order of the same outcomes has at a coverage.
double leastRisk(double coverage, double accuracy)
{
    return std::max(0.0, (coverage - accuracy) / coverage);
}

} // namespace

protocol::Table detailsTable(const ReliabilityScene& scene, int bins)
{
    const metrics::BrierDecomposition brier = metrics::brierDecomposition(scene.predictions(), bins);
    const metrics::SortedConfidences& top = scene.top();
    const metrics::TopLabel& label = scene.predictions().top();
    protocol::Table t{
        .name = "details", .title = "In parts, " + scene.temperatureText(), .section = "Reliability"};
    t.caption = "Brier score = reliability − resolution + uncertainty + variance − covariance within bins of "
                "equal width, " +
                std::to_string(bins) +
                " for each class. The debiased error takes off what chance alone adds, the kernel one has no "
                "bins.";
    t.columns = {textColumn("metric", "Metric"), textColumn("title", "What"),
                 numberColumn("value", "Value", 5)};
    TableRow(t) << "brier_reliability"
                << "Reliability: squared gaps, less is better" << brier.reliability;
    TableRow(t) << "brier_resolution"
                << "Resolution: how far bins differ, more is better" << brier.resolution;
    TableRow(t) << "brier_uncertainty"
                << "Uncertainty of the labels alone" << brier.uncertainty;
    TableRow(t) << "brier_variance"
                << "Variance within bins" << brier.withinBinVariance;
    TableRow(t) << "brier_covariance"
                << "Covariance within bins" << brier.withinBinCovariance;
    TableRow(t) << "ece_debiased"
                << "Root of the debiased squared error, bins of equal mass"
                << metrics::debiasedCalibrationError(top.bins(Binning::EqualMass, bins));
    TableRow(t) << "ece_kernel"
                << "ECE with a triweight kernel, no bins"
                << metrics::kernelReliability(label.confidence, label.correct).error;
    TableRow(t) << "excess_aurc"
                << "AURC above that of the best order" << metrics::excessAurc(top);
    return t;
}

protocol::Figure riskCoverageFigure(const ReliabilityScene& scene)
{
    const double accuracy = scene.accuracy();
    protocol::Figure f{.name = "risk-coverage",
                       .title =
                           "Risk over coverage of " + scene.answers().model + ", " + scene.temperatureText(),
                       .section = "Confidence"};
    f.caption = "Only the surest samples are answered: how many of them are wrong. The best order would have "
                "all right ones first. AURC " +
                reporting::shortText(metrics::aurc(scene.top())) + ", " +
                reporting::shortText(metrics::excessAurc(scene.top())) + " above the best.";
    f.x = reporting::percentScale("Answered");
    f.y = {.label = "Wrong of the answered", .unit = "%", .low = 0};
    protocol::Layer curve{
        .kind = protocol::LayerKind::Line, .name = "Confidence", .role = "model:" + scene.answers().model};
    protocol::Layer best{.kind = protocol::LayerKind::Line, .name = "Best order", .role = "chance"};
    double next = 0;
    for (const metrics::RiskPoint& point : metrics::riskCoverage(scene.top())) {
        if (point.coverage < next && point.coverage < 1)
            continue;
        next = point.coverage + 1 / kCurvePoints;
        curve.x.push_back(100 * point.coverage);
        curve.y.push_back(100 * point.risk);
        curve.labels.push_back("confidence of at least " + reporting::percentText(point.threshold));
        best.x.push_back(100 * point.coverage);
        best.y.push_back(100 * leastRisk(point.coverage, accuracy));
    }
    f.layers = {std::move(curve), std::move(best)};
    return f;
}

} // namespace assay::confidence
