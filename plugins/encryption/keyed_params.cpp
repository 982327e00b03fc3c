#include "plugins/encryption/keyed_params.h"

namespace assay::encryption {

attacks::Budget KeyedAttack::at(double eps) const
{
    return {.norm = attacks::Norm::Linf, .eps = eps, .steps = steps, .stepSize = stepShare * eps};
}

std::string KeyedAttack::title() const
{
    return reporting::attackTitle(attack) + ", " + std::to_string(steps) + (steps == 1 ? " step" : " steps");
}

} // namespace assay::encryption
