#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::backdoor {

/// `backdoor.invert`: the smallest trigger of every class. See docs/studies/backdoor.invert.md.
std::unique_ptr<engine::Study> makeInvertStudy();

} // namespace assay::backdoor
