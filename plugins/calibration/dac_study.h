#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::confidence {

/// `calibration.dac`: does the density of the training set tell how far to trust? See
/// docs/studies/calibration.dac.md.
std::unique_ptr<engine::Study> makeDacStudy();

} // namespace assay::confidence
