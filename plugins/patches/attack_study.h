#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::patches {

/// `patches.attack`: how far a patch that can be printed misleads models. See docs/studies/patches.attack.md.
std::unique_ptr<engine::Study> makeAttackStudy();

} // namespace assay::patches
