#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>

namespace assay::models {

/// Images a worker takes at a time: small networks run best at batches of 25..100, and a fixed size keeps
/// results independent of the number of threads.
inline constexpr std::int64_t kChunkImages = 50;

/// Images of the size of those in @p x, [N,C,H,W], that are put to a network on @p device at a time:
/// kChunkImages on the CPU; on another device, which runs the chunks in order, as many as keep it busy
/// without filling its memory.
std::int64_t chunkImages(const torch::Tensor& x, torch::Device device);
inline std::int64_t chunkImages(const torch::Tensor& x)
{
    return chunkImages(x, x.device());
}

/// Worker threads for chunked work on the CPU; initially the number of hardware threads. Process-wide.
int workerThreads();
void setWorkerThreads(int count);

/// While it lives, the calling thread runs its operators with one thread. Competing OpenMP teams spin at
/// their barriers; one thread a job is far faster on a shared machine, and makes sums independent of the
/// machine.
class SingleThread
{
public:
    SingleThread();
    ~SingleThread();
    SingleThread(const SingleThread&) = delete;
    SingleThread& operator=(const SingleThread&) = delete;

private:
    int m_before;
};

/// Calls body(first, count) for consecutive chunks that cover 0 .. total. On the CPU chunks are shared out
/// to worker threads, each with one intra-op thread, so that operators do not fight for cores; on another
/// device the chunks run in order in the calling thread. Body runs concurrently with itself: it may only
/// write to its own range. Gradient mode is on and inference mode off in body, whatever the caller's are.
/// The first exception stops the handing out of chunks and is thrown here again, after all workers ended.
void forEachChunk(std::int64_t total, std::int64_t chunk, torch::Device device,
                  const std::function<void(std::int64_t first, std::int64_t count)>& body);

} // namespace assay::models
