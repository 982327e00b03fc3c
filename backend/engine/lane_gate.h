#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace assay::engine {

/// Lets the batch lane step aside while the live lane computes. Safe from any thread.
class LaneGate
{
public:
    /// Marks a preview as being computed for its lifetime.
    class Live
    {
    public:
        explicit Live(LaneGate& gate);
        ~Live();
        Live(const Live&) = delete;
        Live& operator=(const Live&) = delete;

    private:
        LaneGate& m_gate;
    };

    /// Returns when no preview is computed, or when @p stop is true. One atomic read when there is nothing to
    /// wait for. Whoever sets @p stop calls wake() afterwards.
    void stepAside(const std::atomic<bool>& stop);
    void wake();

    /// Threads waiting in stepAside() just now.
    int waiting() const { return m_waiting.load(); }

private:
    std::atomic<int> m_live = 0;
    std::atomic<int> m_waiting = 0;
    std::mutex m_mutex; ///< orders changes of m_live and stop with the wait
    std::condition_variable m_changed;
};

} // namespace assay::engine
