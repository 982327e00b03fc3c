#include "backend/attacks/image_kernels.h"

#include "backend/arrays/counter_random.h"

#define ASSAY_KERNELS_BODY "backend/attacks/image_kernels_body.h"

namespace assay::attacks {

#include "backend/arrays/instruction_sets.h"

std::vector<const ImageKernels*> runnableImageKernels()
{
    return runnableTables<ImageKernels>();
}

const ImageKernels& imageKernels()
{
    static const ImageKernels* const best = runnableImageKernels().front();
    return *best;
}

} // namespace assay::attacks
