#include "backend/models/direct/kernels.h"

// By pragma and not by compiler options for this file: its standard headers must stay ordinary code.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ASSAY_WIDE_KERNELS 1
#else
#define ASSAY_WIDE_KERNELS 0
#endif

namespace assay::models::direct {

#if ASSAY_WIDE_KERNELS
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,fma")
namespace avx512 {
namespace {
constexpr const char* kName = "avx512";
constexpr int kLanes = 16;
constexpr int kMostPixels = 14;
#include "backend/models/direct/kernels_body.h"
} // namespace
} // namespace avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
namespace {
constexpr const char* kName = "avx2";
constexpr int kLanes = 8;
constexpr int kMostPixels = 6;
#include "backend/models/direct/kernels_body.h"
} // namespace
} // namespace avx2
#pragma GCC pop_options
#endif

namespace plain {
namespace {
constexpr const char* kName = "plain";
constexpr int kLanes = 4;
constexpr int kMostPixels = 6;
#include "backend/models/direct/kernels_body.h"
} // namespace
} // namespace plain

std::vector<const Kernels*> runnableKernels()
{
    std::vector<const Kernels*> all;
#if ASSAY_WIDE_KERNELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        all.push_back(&avx512::kAll);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        all.push_back(&avx2::kAll);
#endif
    all.push_back(&plain::kAll);
    return all;
}

const Kernels& kernels()
{
    static const Kernels* const best = runnableKernels().front();
    return *best;
}

} // namespace assay::models::direct
