#pragma once

#include "backend/calibration/calibrator.h"

namespace assay::calibration {

/// Spline calibration of the top label (Gupta et al. 2021). The set's N confidences are sorted; a natural
/// cubic spline with FitOptions::knots evenly spaced knots is fitted, by least squares, to sum of (correct -
/// confidence) / N over the first k at k / N; confidence + slope of the spline there is the calibrated
/// confidence, straight between the set's confidences, level outside, held in [0,1]. Differs from the
/// authors' code: the place of the k-th is k / N, theirs (k-1) / (N-1); samples of equal confidence share the
/// mean of their outcomes and of their results, so that their order has no effect. Only the top class's
/// probability q is defined by the method. The rest 1 - q is shared by the other classes in proportion to
/// their softmax probabilities (evenly where all are 0), overconfident as these may be. To keep the class, q
/// is raised to where the second class would pass it: r / (1 + r), r the second's part of the rest. Preserves
/// accuracy so.
CalibratorKind splineKind();

} // namespace assay::calibration
