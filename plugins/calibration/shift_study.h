#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::confidence {

/// `calibration.shift`: confidence and accuracy come apart as images get worse. See
/// docs/studies/calibration.shift.md.
std::unique_ptr<engine::Study> makeShiftStudy();

} // namespace assay::confidence
