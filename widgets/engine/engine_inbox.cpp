#include "widgets/engine/engine_inbox.h"

namespace assay::widgets {

namespace {

// A second's worth of a busy gallery; a single larger frame still passes when nothing else waits.
constexpr qsizetype kMaxInboxBytes = 16 << 20;
constexpr std::size_t kMaxEntries = 4096;

} // namespace

EngineInbox::EngineInbox(std::function<void()> wake)
    : m_wake(std::move(wake))
{}

bool EngineInbox::isFull() const
{
    return !m_entries.empty() && (m_bytes >= kMaxInboxBytes || m_entries.size() >= kMaxEntries);
}

bool EngineInbox::put(Incoming entry, qsizetype bytes)
{
    bool wake = false;
    {
        const QMutexLocker lock(&m_mutex);
        while (isFull() && !m_closed)
            m_room.wait(&m_mutex);
        if (m_closed)
            return false;
        m_entries.push_back({std::move(entry), bytes});
        m_bytes += bytes;
        wake = !std::exchange(m_awake, true);
    }
    if (wake)
        m_wake();
    return true;
}

std::optional<Incoming> EngineInbox::take()
{
    const QMutexLocker lock(&m_mutex);
    if (m_entries.empty() || m_closed) {
        m_awake = false;
        return std::nullopt;
    }
    Entry entry = std::move(m_entries.front());
    m_entries.pop_front();
    m_bytes -= entry.bytes;
    // Half empty before the reader goes on: waking it for every entry would cost more than decoding.
    if (m_bytes <= kMaxInboxBytes / 2 && m_entries.size() <= kMaxEntries / 2)
        m_room.wakeAll();
    return std::move(entry.value);
}

void EngineInbox::close()
{
    const QMutexLocker lock(&m_mutex);
    m_closed = true;
    m_entries.clear();
    m_room.wakeAll();
}

} // namespace assay::widgets
