#include "backend/engine/live_lane.h"

#include "backend/engine/process_setup.h"
#include "backend/protocol/error.h"

#include <utility>

namespace assay::engine {

void LiveControl::checkpoint() const
{
    if (m_superseded)
        throw Cancelled{};
}

struct LiveLane::Entry
{
    Preview preview;
    LiveControl control;
};

LiveLane::LiveLane(LaneGate& gate)
    : m_gate(gate)
    , m_thread([this] { loop(); })
{}

LiveLane::~LiveLane()
{
    clear();
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

std::shared_ptr<LiveLane::Entry> LiveLane::replaceWaiting(std::shared_ptr<Entry> next)
{
    const std::lock_guard lock(m_mutex);
    if (m_running)
        m_running->control.m_superseded = true;
    return std::exchange(m_waiting, std::move(next));
}

void LiveLane::submit(Preview preview)
{
    auto entry = std::make_shared<Entry>();
    entry->preview = std::move(preview);
    const auto dropped = replaceWaiting(std::move(entry));
    m_wake.notify_all();
    if (dropped && dropped->preview.superseded)
        dropped->preview.superseded();
}

void LiveLane::clear()
{
    const auto dropped = replaceWaiting(nullptr);
    m_wake.notify_all();
    if (dropped && dropped->preview.superseded)
        dropped->preview.superseded();
}

bool LiveLane::waitIdle(std::chrono::milliseconds limit) const
{
    std::unique_lock lock(m_mutex);
    return m_wake.wait_for(lock, limit, [&] { return !m_running && !m_waiting; });
}

void LiveLane::loop()
{
    setUpThread();
    for (;;) {
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [&] { return m_ending || m_waiting; });
            if (!m_waiting)
                return;
            m_running = std::exchange(m_waiting, nullptr);
        }
        {
            const LaneGate::Live live(m_gate);
            m_running->preview.work(m_running->control);
        }
        {
            const std::lock_guard lock(m_mutex);
            m_running.reset();
        }
        m_wake.notify_all();
    }
}

} // namespace assay::engine
