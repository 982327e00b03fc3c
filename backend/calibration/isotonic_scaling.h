#pragma once

#include "backend/calibration/calibrator.h"

namespace assay::calibration {

/// Isotonic regression of each class's softmax probability against "is the label", on its own; rows are then
/// scaled to sum 1, a row of zeros becomes 1 / C (Zadrozny & Elkan 2002). Does not preserve accuracy.
CalibratorKind isotonicOneVsAllKind();

/// IRM (Zhang et al. 2020, Mix-n-Match): one isotonic regression g on all N C pairs of a
/// probability and "is the label"; g(p) + 1e-9 p keeps the order of the classes strictly (but for differences
/// of p that float64 does not hold beside g, which become equal), and rows are scaled to sum 1. Preserves
/// accuracy.
CalibratorKind isotonicMultiKind();

} // namespace assay::calibration
