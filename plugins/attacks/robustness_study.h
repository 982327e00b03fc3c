#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::robustness {

/// `attacks.robustness`: how much accuracy is left under attack. See docs/studies/attacks.robustness.md.
std::unique_ptr<engine::Study> makeRobustnessStudy();

} // namespace assay::robustness
