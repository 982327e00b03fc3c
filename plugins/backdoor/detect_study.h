#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::backdoor {

/// `backdoor.detect`: which images carry a trigger? See docs/studies/backdoor.detect.md.
std::unique_ptr<engine::Study> makeDetectStudy();

} // namespace assay::backdoor
