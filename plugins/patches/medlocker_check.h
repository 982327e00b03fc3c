#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::medlocker {

/// `patches.medlocker-check`: opens a certificate of `patches.medlocker` with its key, tells which images are
/// its own, and removes their logos.
std::unique_ptr<engine::Study> makeMedlockerCheck();

} // namespace assay::medlocker
