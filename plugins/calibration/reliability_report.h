#pragma once

#include "backend/metrics/bootstrap.h"
#include "backend/metrics/calibration_summary.h"
#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/calibration/reliability_results.h"

#include <vector>

namespace assay::confidence {

// Figures, tables and the gallery of `calibration.reliability`; pure functions of the results.

/// Accuracy of each bin against its mean confidence, with the gap between them: `reliability-equal-width`,
/// `reliability-equal-mass`.
protocol::Figure diagramFigure(const ReliabilityScene& scene, metrics::Binning binning, int bins);
/// How many samples have which confidence, right and wrong: `confidence`.
protocol::Figure confidenceFigure(const ReliabilityScene& scene, metrics::Binning binning, int bins);

/// Every class's probability against how often it is the label.
struct ClassReliability
{
    std::vector<metrics::SortedConfidences> sorted; ///< per class
};
ClassReliability classReliability(const ReliabilityScene& scene);
/// Class by bin, the gap as colour: `class-gaps`.
protocol::Figure classGapsFigure(const ReliabilityScene& scene, const ClassReliability& classes,
                                 metrics::Binning binning, int bins);
/// The diagram of one class: `reliability-class`.
protocol::Figure classDiagramFigure(const ReliabilityScene& scene, const metrics::SortedConfidences& sorted,
                                    std::int64_t shown, metrics::Binning binning, int bins);
/// ECE over the temperature of the samples the temperature was not fitted on: `temperature`. @param
/// checkpoint called often; may throw.
protocol::Figure temperatureFigure(const ReliabilityResults& results, int bins,
                                   const std::function<void()>& checkpoint);

/// `bins`: binning, bin, lower, upper, n, confidence, accuracy, low, high, gap.
protocol::Table binsTable(const ReliabilityScene& scene, metrics::Binning binning, int bins);

/// The numbers of metrics.json, in its order.
struct CalibrationNumbers
{
    std::vector<double> values;
    std::vector<metrics::Interval> intervals; ///< empty where none were computed
};
const std::vector<metrics::CalibrationMetric>& reportedMetrics();
/// "ece_equal_mass"
std::string metricKey(metrics::CalibrationMetric metric);
std::string metricTitle(metrics::CalibrationMetric metric);
/// `numbers`: metric, title, value, low, high.
protocol::Table numbersTable(const ReliabilityScene& scene, const CalibrationNumbers& numbers, int bins);
/// `details`: metric, title, value. The parts of Brier's score, calibration errors that chance adds less to,
/// and how much of AURC is due to the order.
protocol::Table detailsTable(const ReliabilityScene& scene, int bins);
/// The share of wrong ones among those that are answered, the surest first: `risk-coverage`.
protocol::Figure riskCoverageFigure(const ReliabilityScene& scene);
/// `held-out`: temperature, n and the reported metrics, before and after the fitted temperature.
protocol::Table heldOutTable(const ReliabilityResults& results, int bins);

/// Which rows are shown: of each tenth of confidence alternately, wrong ones first. int64 [k].
torch::Tensor shownRows(const ReliabilityScene& scene, std::int64_t most);
/// Grid `samples`. @param images float32 [k,C,H,W] of the rows.
protocol::ImageGrid samplesGrid(const ReliabilityScene& scene, const torch::Tensor& rows,
                                const torch::Tensor& images);

} // namespace assay::confidence
