#pragma once

#include <QByteArray>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace assay::engine {

/// Frames on their way to a pipe, written in order by a thread of its own. Safe from any thread.
class Outbox
{
public:
    /// @param fd stays the caller's. @param broken called once, from the writing thread, when nobody reads
    /// any more; frames are dropped from then on.
    Outbox(int fd, std::function<void()> broken);
    /// Drops what is not written yet.
    ~Outbox();

    /// Waits while more than kMaxQueuedBytes are queued: a slow reader slows the engine.
    void push(QByteArray frame);
    /// Never waits: for the thread that must keep reading. @returns false when more than kMaxUnreadBytes are
    /// queued, which only a peer that never reads can bring about.
    bool pushNow(QByteArray frame);

    /// Waits until all is written. @returns false when that took longer than @p limit.
    bool drain(std::chrono::milliseconds limit) const;

    static constexpr qsizetype kMaxQueuedBytes = qsizetype(8) << 20;
    static constexpr qsizetype kMaxUnreadBytes = qsizetype(256) << 20;

private:
    void loop();
    bool writeFrame(const QByteArray& frame) const;

    int m_fd;
    int m_wakeFd;
    std::function<void()> m_broken;
    mutable std::mutex m_mutex; ///< guards the four below
    std::deque<QByteArray> m_queue;
    qsizetype m_bytes = 0; ///< of the queue and of the frame being written
    bool m_dead = false;
    bool m_ending = false;
    mutable std::condition_variable m_changed;
    std::thread m_thread;
};

} // namespace assay::engine
