#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"
#include "plugins/calibration/reliability_report.h"
#include "plugins/calibration/shift_params.h"

#include <torch/types.h>

#include <vector>

namespace assay::confidence {

/// A model on the same test images, clean and shifted, with a temperature fitted on other clean ones.
struct ShiftResults
{
    std::vector<Shift> shifts;          ///< "clean" first
    std::vector<ReliabilityResults> at; ///< per shift, of the samples judged by
    double temperature = 1;
};

/// Lossless, for an artifact.
engine::TensorMap toTensors(const ShiftResults& results);
/// @throws Error when a tensor is missing or malformed.
ShiftResults shiftResultsFrom(const engine::TensorMap& tensors);

/// Position in `shifts` of what is looked at.
std::size_t shownShift(const ShiftResults& results, const ShiftParams& params);

/// What happens at each severity, before and after the temperature.
struct SeverityPoint
{
    double accuracy = 0;
    double confidence[2] = {}; ///< mean, before and after
    double ece[2] = {};
    double nll[2] = {};
};
/// Per position in `shifts`. @param only the shift beside "clean" that is computed, the others stay 0; empty:
/// all of them.
std::vector<SeverityPoint> severityPoints(const ShiftResults& results, int bins,
                                          const std::string& only = {});

/// Accuracy and mean confidence over the severity of one shift: `confidence-and-accuracy`.
/// @param shown severity that the other figures show, which gets a mark.
protocol::Figure apartFigure(const ShiftResults& results, const std::vector<SeverityPoint>& points,
                             const std::string& shift, double shown);
/// ECE over the severity of one shift, before and after: `ece`.
protocol::Figure shiftEceFigure(const ShiftResults& results, const std::vector<SeverityPoint>& points,
                                const std::string& shift, double shown);
/// `severities`: model, shift, severity, n, accuracy, low, high, confidence, ece, nll, calibrated_confidence,
/// calibrated_ece, calibrated_nll.
protocol::Table severitiesTable(const ShiftResults& results, const std::vector<SeverityPoint>& points);

} // namespace assay::confidence
