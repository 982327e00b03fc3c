#include "backend/metrics/tempered_kernels.h"

// By pragma and not by compiler options for this file: its standard headers must stay ordinary code.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ASSAY_WIDE_TEMPERED_KERNELS 1
#else
#define ASSAY_WIDE_TEMPERED_KERNELS 0
#endif

namespace assay::metrics {

#if ASSAY_WIDE_TEMPERED_KERNELS
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,fma")
namespace tempered_avx512 {
namespace {
constexpr int kLanes = 8;
#include "backend/metrics/tempered_kernels_body.h"
} // namespace
} // namespace tempered_avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace tempered_avx2 {
namespace {
constexpr int kLanes = 4;
#include "backend/metrics/tempered_kernels_body.h"
} // namespace
} // namespace tempered_avx2
#pragma GCC pop_options
#endif

namespace tempered_plain {
namespace {
constexpr int kLanes = 2;
#include "backend/metrics/tempered_kernels_body.h"
} // namespace
} // namespace tempered_plain

std::vector<TemperedKernel> runnableTemperedKernels()
{
    std::vector<TemperedKernel> all;
#if ASSAY_WIDE_TEMPERED_KERNELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        all.push_back({"avx512", tempered_avx512::block});
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        all.push_back({"avx2", tempered_avx2::block});
#endif
    all.push_back({"plain", tempered_plain::block});
    return all;
}

} // namespace assay::metrics
