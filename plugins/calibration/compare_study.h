#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::confidence {

/// `calibration.compare`: which calibrator helps, and does it still under shift? See
/// docs/studies/calibration.compare.md.
std::unique_ptr<engine::Study> makeCompareStudy();

} // namespace assay::confidence
