#include "backend/data/images/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace assay::data {

void parallelFor(std::int64_t count, const std::function<void(std::int64_t)>& work)
{
    const auto cores = static_cast<std::int64_t>(std::max(1u, std::thread::hardware_concurrency()));
    const std::int64_t threads = std::min(cores, count);
    std::atomic<std::int64_t> next = 0;
    std::mutex mutex; // guards the two below
    std::exception_ptr error;
    std::int64_t errorAt = count;
    const auto loop = [&] {
        for (std::int64_t i = next++; i < count; i = next++) {
            try {
                work(i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                next = count;
                if (i < errorAt) {
                    errorAt = i;
                    error = std::current_exception();
                }
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::int64_t t = 1; t < threads; ++t)
            others.emplace_back(loop);
        loop();
    }
    if (error)
        std::rethrow_exception(error);
}

} // namespace assay::data
