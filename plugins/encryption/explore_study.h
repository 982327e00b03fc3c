#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::encryption {

/// `encryption.explore`: images under seven encryption schemes, with the key under the user's hand, and what
/// is seen without it. See docs/studies/encryption.explore.md.
std::unique_ptr<engine::Study> makeExploreStudy();

} // namespace assay::encryption
