#include "backend/engine/service_thread.h"

#include "backend/engine/process_setup.h"

#include <iterator>

namespace assay::engine {

ServiceThread::ServiceThread(Order order)
    : m_order(order)
    , m_thread([this] { loop(); })
{}

ServiceThread::~ServiceThread()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
        m_tasks.clear();
    }
    m_changed.notify_all();
    m_thread.join();
}

bool ServiceThread::add(std::function<void()> task)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_tasks.size() >= kMaxTasks)
            return false;
        m_tasks.push_back(std::move(task));
    }
    m_changed.notify_all();
    return true;
}

bool ServiceThread::waitIdle(std::chrono::milliseconds limit) const
{
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, limit, [&] { return !m_busy && m_tasks.empty(); });
}

void ServiceThread::loop()
{
    setUpThread();
    for (;;) {
        std::function<void()> task;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [&] { return m_ending || !m_tasks.empty(); });
            if (m_ending)
                return;
            const auto next = m_order == Order::OldestFirst ? m_tasks.begin() : std::prev(m_tasks.end());
            task = std::move(*next);
            m_tasks.erase(next);
            m_busy = true;
        }
        task();
        {
            const std::lock_guard lock(m_mutex);
            m_busy = false;
        }
        m_changed.notify_all();
    }
}

} // namespace assay::engine
