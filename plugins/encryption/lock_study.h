#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::encryption {

/// `encryption.detector-lock`: can a detector be locked with a key? See
/// docs/studies/encryption.detector-lock.md.
std::unique_ptr<engine::Study> makeDetectorLockStudy();

} // namespace assay::encryption
