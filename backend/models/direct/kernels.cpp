#include "backend/models/direct/kernels.h"

#define ASSAY_KERNELS_BODY "backend/models/direct/kernels_body.h"

namespace assay::models::direct {

#include "backend/arrays/instruction_sets.h"

std::vector<const Kernels*> runnableKernels()
{
    return runnableTables<Kernels>();
}

const Kernels& kernels()
{
    static const Kernels* const best = runnableKernels().front();
    return *best;
}

} // namespace assay::models::direct
