#include "backend/data/images/prefetcher.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::data {

Prefetcher::Prefetcher(std::shared_ptr<const Dataset> set, Split split, torch::Tensor ids, std::int64_t batch,
                       std::size_t ahead)
    : m_set(std::move(set))
    , m_split(split)
    , m_ids(ids.contiguous())
    , m_batch(batch)
    , m_ahead(std::max<std::size_t>(ahead, 1))
{
    if (batch < 1)
        throw Error("a batch must hold at least one sample");
}

Prefetcher::~Prefetcher() = default; // the thread's own destructor asks it to stop and waits

std::optional<Prefetcher::Batch> Prefetcher::next()
{
    if (!m_thread.joinable())
        m_thread = std::jthread([this](const std::stop_token& stop) { read(stop); });
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return !m_ready.empty() || m_done; });
    if (m_ready.empty()) {
        if (m_error)
            std::rethrow_exception(m_error);
        return std::nullopt;
    }
    Batch batch = std::move(m_ready.front());
    m_ready.pop_front();
    m_changed.notify_all();
    return batch;
}

void Prefetcher::read(const std::stop_token& stop)
{
    std::exception_ptr error;
    for (std::int64_t at = 0; at < m_ids.size(0) && !error; at += m_batch) {
        {
            std::unique_lock lock(m_mutex);
            if (!m_changed.wait(lock, stop, [this] { return m_ready.size() < m_ahead; }))
                return;
        }
        Batch batch{.ids = m_ids.narrow(0, at, std::min(m_batch, m_ids.size(0) - at)), .pixels = {}};
        try {
            batch.pixels = m_set->pixelsOf(m_split, batch.ids);
        } catch (...) {
            error = std::current_exception();
            break;
        }
        const std::lock_guard lock(m_mutex);
        m_ready.push_back(std::move(batch));
        m_changed.notify_all();
    }
    const std::lock_guard lock(m_mutex);
    m_error = error;
    m_done = true;
    m_changed.notify_all();
}

} // namespace assay::data
