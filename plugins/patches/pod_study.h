#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::patches {

/// `patches.pod`: does training with random patches defend a detector? See docs/studies/patches.pod.md.
std::unique_ptr<engine::Study> makePodStudy();

} // namespace assay::patches
