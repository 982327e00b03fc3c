#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::confidence {

/// `calibration.reliability`: can the confidence be believed? See docs/studies/calibration.reliability.md.
std::unique_ptr<engine::Study> makeReliabilityStudy();

} // namespace assay::confidence
