#include "backend/attacks/builtin_attacks.h"

namespace assay::attacks {

void addBuiltinAttacks(AttackRegistry& registry)
{
    addGradientAttacks(registry);
}

} // namespace assay::attacks
