// Compiles the file that ASSAY_KERNELS_BODY names once for each instruction set that may pay, of which the
// processor's best is picked when the program runs. No include guard on purpose: a file of kernels includes
// this once, inside its namespace, after <cstdint> and <vector>. Pragmas and not compiler options, since what
// is included before must stay ordinary code.
//
// The body finds kName and kLanes (numbers in a vector) and defines kAll, a table of its functions. It uses
// nothing of the standard library: what the linker shares must not be compiled for one instruction set.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ASSAY_WIDE_KERNELS 1
#else
#define ASSAY_WIDE_KERNELS 0
#endif

#if ASSAY_WIDE_KERNELS
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,fma")
namespace avx512 {
namespace {
constexpr const char* kName = "avx512";
constexpr int kLanes = 16;
#include ASSAY_KERNELS_BODY
} // namespace
} // namespace avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
namespace {
constexpr const char* kName = "avx2";
constexpr int kLanes = 8;
#include ASSAY_KERNELS_BODY
} // namespace
} // namespace avx2
#pragma GCC pop_options
#endif

namespace plain {
namespace {
constexpr const char* kName = "plain";
constexpr int kLanes = 4;
#include ASSAY_KERNELS_BODY
} // namespace
} // namespace plain

/// The tables that this processor runs, the best first.
template <class Table>
std::vector<const Table*> runnableTables()
{
    std::vector<const Table*> all;
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

#undef ASSAY_WIDE_KERNELS
