#include "backend/attacks/builtin_attacks.h"

#include "backend/attacks/strong_attacks.h"

namespace assay::attacks {

void addBuiltinAttacks(AttackRegistry& registry)
{
    addGradientAttacks(registry);
    addStrongAttacks(registry);
}

} // namespace assay::attacks
