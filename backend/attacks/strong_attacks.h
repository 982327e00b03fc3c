#pragma once

#include "backend/attacks/registry.h"

namespace assay::attacks {

/// APGD, FAB, Square, AutoAttack, HopSkipJump, Carlini-Wagner and DeepFool under their published defaults.
void addStrongAttacks(AttackRegistry& registry);

} // namespace assay::attacks
