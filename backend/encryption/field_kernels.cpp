#include "backend/encryption/field_kernels.h"

#define ASSAY_KERNELS_BODY "backend/encryption/field_kernels_body.h"

namespace assay::encryption {

#include "backend/arrays/instruction_sets.h"

std::vector<const FieldKernels*> runnableFieldKernels()
{
    return runnableTables<FieldKernels>();
}

const FieldKernels& fieldKernels()
{
    static const FieldKernels* const best = runnableFieldKernels().front();
    return *best;
}

} // namespace assay::encryption
