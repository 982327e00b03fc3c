#include "backend/models/parallel.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace assay::models {

namespace {

std::atomic<int> g_workers = 0; ///< 0: as many as the hardware has

// Of a chunk on a device that is not the CPU.
constexpr std::int64_t kDeviceChunkNumbers = std::int64_t(1) << 23;
constexpr std::int64_t kDeviceChunkLeast = 16;
constexpr std::int64_t kDeviceChunkMost = 2048;

using Body = std::function<void(std::int64_t, std::int64_t)>;

/// Work shared by the threads of one forEachChunk call.
struct Work
{
    std::int64_t total;
    std::int64_t chunk;
    const Body& body;
    std::atomic<std::int64_t> next = 0;
    std::atomic<bool> stopped = false;
    std::mutex mutex; ///< guards failure
    std::exception_ptr failure;

    void run()
    {
        // Both are per thread, and a caller's modes must not leak into the gradients.
        const c10::InferenceMode tracked(false);
        const torch::AutoGradMode gradients(true);
        try {
            while (!stopped) {
                const std::int64_t first = next.fetch_add(chunk);
                if (first >= total)
                    return;
                body(first, std::min(chunk, total - first));
            }
        } catch (...) {
            // Everything, Cancelled included, is handed to the calling thread.
            const std::lock_guard lock(mutex);
            if (!failure)
                failure = std::current_exception();
            stopped = true;
        }
    }
};

} // namespace

SingleThread::SingleThread()
    : m_before(at::get_num_threads())
{
    // Not for nothing: LibTorch makes its other thread pool anew each time, whose threads spin at first.
    if (m_before != 1)
        at::set_num_threads(1);
}

SingleThread::~SingleThread()
{
    if (m_before != 1)
        at::set_num_threads(m_before);
}

std::int64_t chunkImages(const torch::Tensor& x, torch::Device device)
{
    if (device.is_cpu())
        return kChunkImages;
    std::int64_t numbers = 1;
    for (std::int64_t i = 1; i < x.dim(); ++i)
        numbers *= std::max<std::int64_t>(x.size(i), 1);
    return std::clamp(kDeviceChunkNumbers / numbers, kDeviceChunkLeast, kDeviceChunkMost);
}

int workerThreads()
{
    const int set = g_workers;
    return set > 0 ? set : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void setWorkerThreads(int count)
{
    g_workers = count;
}

void forEachChunk(std::int64_t total, std::int64_t chunk, torch::Device device, const Body& body)
{
    Work work{.total = total, .chunk = chunk, .body = body};
    const std::int64_t chunks = (total + chunk - 1) / chunk;
    if (!device.is_cpu()) {
        work.run();
    } else {
        const SingleThread guard;
        const auto helpers = std::min<std::int64_t>(workerThreads(), chunks) - 1;
        std::vector<std::jthread> threads;
        for (std::int64_t i = 0; i < helpers; ++i)
            threads.emplace_back([&work] {
                at::set_num_threads(1);
                work.run();
            });
        work.run();
    }
    if (work.failure)
        std::rethrow_exception(work.failure);
}

} // namespace assay::models
