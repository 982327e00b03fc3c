#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"
#include "plugins/calibration/methods.h"

#include <string>
#include <vector>

namespace assay::confidence {

// Figures and tables of studies that compare methods under shifts; pure functions of the results.

/// What the figures show.
struct MethodView
{
    std::size_t model = 0;
    std::size_t metric = 1; ///< of comparedMetrics()
    std::string shift;      ///< a corruption's id, or "all": the mean over corruptions
};

/// Method by shift: how far the metric is from that of the baseline, mean over splits, with a dot where that
/// is significant in every split: `changes`.
protocol::Figure changesFigure(const MethodResults& results, const MethodView& view);
/// A line per method over the severity of corruptions; the band spans the splits: `severity`.
protocol::Figure severityFigure(const MethodResults& results, const MethodView& view);

/// `compare`: model, calibrator, shift, severity, seed, n, accuracy, ece, nll, brier, auroc.
protocol::Table compareTable(const MethodResults& results, const std::string& name);
/// `changes`: model, calibrator, baseline, shift, severity, seed, metric, change, low, high.
protocol::Table changesTable(const MethodResults& results);
/// `overview`: a row per family of models and method; ECE in domain and under shift with the range over
/// splits and models, in how many splits and shifts it is significantly below or above the baseline's, and
/// whether it is lower under shift and no worse in domain.
protocol::Table overviewTable(const MethodResults& results);
/// ece_clean.FAMILY.METHOD, ece_shifted.FAMILY.METHOD: means over splits and models.
std::vector<protocol::Metric> methodMetrics(const MethodResults& results);

} // namespace assay::confidence
