#include "backend/metrics/tempered_kernels.h"

#define ASSAY_KERNELS_BODY "backend/metrics/tempered_kernels_body.h"

namespace assay::metrics {

#include "backend/arrays/instruction_sets.h"

std::vector<TemperedKernel> runnableTemperedKernels()
{
    std::vector<TemperedKernel> all;
    for (const TemperedKernel* kernel : runnableTables<TemperedKernel>())
        all.push_back(*kernel);
    return all;
}

} // namespace assay::metrics
