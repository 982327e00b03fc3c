#include "backend/encryption/image_loop.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <exception>
#include <mutex>

namespace assay::encryption {

namespace {

constexpr std::int64_t kPartValues = 1 << 18;      ///< of one call: far more work than the call itself
constexpr std::int64_t kLeastForThreads = 1 << 16; ///< below, waking a thread costs more than it saves

} // namespace

// at::parallel_for is not used: compiled without OpenMP it runs in one thread, and the whole room would have
// to be compiled with it.
void forEachPart(std::int64_t images, std::int64_t units, std::int64_t valuesPerUnit, bool whole,
                 const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& work)
{
    const std::int64_t values = units * valuesPerUnit;
    const std::int64_t wanted =
        whole ? 1 : std::max<std::int64_t>(1, (values + kPartValues - 1) / kPartValues);
    const std::int64_t each = std::max<std::int64_t>(1, (units + wanted - 1) / wanted);
    const std::int64_t parts = std::max<std::int64_t>(1, (units + each - 1) / each);
    const std::int64_t jobs = images * parts;
    const bool alone = jobs < 2 || (!whole && images * values < kLeastForThreads) || at::in_parallel_region();
    const int threads = alone ? 1 : static_cast<int>(std::min<std::int64_t>(at::get_num_threads(), jobs));
    std::exception_ptr thrown;
    std::mutex throwing;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (std::int64_t job = 0; job < jobs; ++job) {
        try {
            const std::int64_t first = job % parts * each;
            work(job / parts, first, std::min(first + each, units));
        } catch (...) {
            const std::lock_guard lock(throwing);
            thrown = std::current_exception();
        }
    }
    if (thrown)
        std::rethrow_exception(thrown);
}

} // namespace assay::encryption
