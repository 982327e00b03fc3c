#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace assay::engine {

/// Does tasks one after the other on a thread of its own. Safe from any thread.
class ServiceThread
{
public:
    /// Which waiting task is next. NewestFirst is for what scrolls by: what is on the screen now was asked
    /// for last.
    enum class Order { OldestFirst, NewestFirst };

    explicit ServiceThread(Order order = Order::OldestFirst);
    /// Drops the tasks that have not begun and waits for the one that has.
    ~ServiceThread();

    /// @returns false when kMaxTasks wait already.
    bool add(std::function<void()> task);
    /// Waits until nothing is left to do. @returns false when that took longer than @p limit.
    bool waitIdle(std::chrono::milliseconds limit) const;

    static constexpr std::size_t kMaxTasks = 4096;

private:
    void loop();

    const Order m_order;
    mutable std::mutex m_mutex; ///< guards the three below
    std::deque<std::function<void()>> m_tasks;
    bool m_busy = false;
    bool m_ending = false;
    mutable std::condition_variable m_changed;
    std::thread m_thread;
};

} // namespace assay::engine
