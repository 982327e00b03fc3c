#pragma once

#include "backend/attacks/registry.h"

namespace assay::attacks {

/// FGSM, BIM, PGD and the transfer attacks: a line each in a table of parts. See docs/attacks.md.
void addGradientAttacks(AttackRegistry& registry);

/// All attacks of the product.
void addBuiltinAttacks(AttackRegistry& registry);

} // namespace assay::attacks
