#pragma once

#include "backend/calibration/calibrator.h"

namespace assay::calibration {

/// Histogram binning (Zadrozny & Elkan 2001), one-vs-all: each class's softmax probability falls in a bin
/// (metrics::Binning, FitOptions::bins) whose value is the share of the set's samples in it that are of the
/// class. A bin that no sample of the set fell in has its middle as value, which changes nothing there. Rows
/// are scaled to sum 1; a row of zeros becomes 1 / C. Does not preserve accuracy: least of
/// all with EqualMass bins and many classes, most of which then lie near 0, where most probabilities are.
CalibratorKind histogramBinningKind();

} // namespace assay::calibration
