#include "backend/engine/lane_gate.h"

namespace assay::engine {

LaneGate::Live::Live(LaneGate& gate)
    : m_gate(gate)
{
    const std::lock_guard lock(m_gate.m_mutex);
    ++m_gate.m_live;
}

LaneGate::Live::~Live()
{
    {
        const std::lock_guard lock(m_gate.m_mutex);
        --m_gate.m_live;
    }
    m_gate.m_changed.notify_all();
}

void LaneGate::stepAside(const std::atomic<bool>& stop)
{
    if (m_live.load(std::memory_order_relaxed) == 0)
        return;
    std::unique_lock lock(m_mutex);
    ++m_waiting;
    m_changed.wait(lock, [&] { return m_live == 0 || stop; });
    --m_waiting;
}

void LaneGate::wake()
{
    // Taking the lock makes sure that nobody is between testing `stop` and falling asleep.
    {
        const std::lock_guard lock(m_mutex);
    }
    m_changed.notify_all();
}

} // namespace assay::engine
