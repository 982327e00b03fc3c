#pragma once

#include "backend/data/dataset.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace assay::data {

/// Batches of a data set in a given order, decoded ahead of their use: while one is worked on, a thread of
/// its own reads the next ones (with all cores where the set decodes files). At most @p ahead finished
/// batches wait, one more is being read; nothing is read before the first next(). One user at a time.
class Prefetcher
{
public:
    struct Batch
    {
        torch::Tensor ids;    ///< int64 [n]
        torch::Tensor pixels; ///< uint8 [n,C,H,W] as Dataset::pixelsOf() gives them
    };

    /// @param set shared, since the thread may outlast its other users. @param ids int64 [N] on the CPU.
    /// @param batch at least 1; the last one may be smaller.
    Prefetcher(std::shared_ptr<const Dataset> set, Split split, torch::Tensor ids, std::int64_t batch,
               std::size_t ahead = 2);
    /// Ends the thread after the batch it is reading.
    ~Prefetcher();
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// The next batch, waited for; nullopt after the last. @throws the set's Error at the batch it befell,
    /// and nothing comes after it.
    std::optional<Batch> next();

private:
    void read(const std::stop_token& stop);

    const std::shared_ptr<const Dataset> m_set;
    const Split m_split;
    const torch::Tensor m_ids;
    const std::int64_t m_batch;
    const std::size_t m_ahead;
    std::mutex m_mutex;                    ///< guards the three below
    std::condition_variable_any m_changed; ///< a batch came, went, or the end was reached
    std::deque<Batch> m_ready;
    bool m_done = false;
    std::exception_ptr m_error;
    std::jthread m_thread; ///< last, so that it ends first
};

} // namespace assay::data
