#pragma once

#include "backend/calibration/calibrator.h"

namespace assay::calibration {

/// Calibrators that fit a logistic curve to each class on its own, "is the label" against the class's
/// probability p of the softmax, and scale the C results to sum 1 (one-vs-all). Neither preserves accuracy.

/// Platt 1999: sigma(A s + B), with Platt's targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) in place of 1 and 0
/// for n1 samples of the class and n0 others. The score s is ln p - ln (1 - p), since a logit alone says
/// nothing in a softmax (a constant may be added to all of a sample).
CalibratorKind plattKind();

/// Beta calibration (Kull et al. 2017): sigma(a ln p - b ln (1 - p) + c) with a, b >= 0, which keeps
/// it rising; a and b are searched up to 1000 and |c| up to 1000. The minimum within the bounds is exact,
/// where the authors drop a negative coefficient and fit anew. Starts at a = b = 1, c = 0, which changes
/// nothing.
CalibratorKind betaKind();

} // namespace assay::calibration
