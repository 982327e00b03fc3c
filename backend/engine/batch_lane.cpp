#include "backend/engine/batch_lane.h"

#include "backend/engine/files.h"
#include "backend/engine/process_setup.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::engine {

using protocol::RunState;

void JobControl::checkpoint()
{
    m_gate.stepAside(m_cancel);
    if (m_cancel)
        throw Cancelled{};
}

void JobControl::cancel()
{
    m_cancel = true;
    m_gate.wake();
}

void JobControl::setProgress(const std::string& stage, double done, double total)
{
    const std::lock_guard lock(m_mutex);
    m_stage = stage;
    m_done = done;
    m_total = total;
}

void JobControl::readProgress(JobStatus& status) const
{
    const std::lock_guard lock(m_mutex);
    status.stage = m_stage;
    status.done = m_done;
    status.total = m_total;
}

struct BatchLane::Entry
{
    Entry(Job j, LaneGate& gate)
        : job(std::move(j))
        , control(gate)
    {}
    Job job; ///< its status is guarded by the lane's mutex
    JobControl control;
};

BatchLane::BatchLane(LaneGate& gate, std::function<void()> changed)
    : m_gate(gate)
    , m_changed(std::move(changed))
    , m_thread([this] { loop(); })
{}

BatchLane::~BatchLane()
{
    cancelAll();
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

void BatchLane::add(Job job)
{
    {
        const std::lock_guard lock(m_mutex);
        job.status.state = RunState::Queued;
        m_queue.push_back(std::make_shared<Entry>(std::move(job), m_gate));
    }
    m_wake.notify_all();
    m_changed();
}

bool BatchLane::cancel(const std::string& run)
{
    std::shared_ptr<Entry> waiting;
    {
        const std::lock_guard lock(m_mutex);
        const auto it =
            std::ranges::find_if(m_queue, [&](const auto& e) { return e->job.status.run == run; });
        if (it != m_queue.end()) {
            waiting = *it;
            m_queue.erase(it);
        } else if (m_running && m_running->job.status.run == run) {
            m_running->job.status.state = RunState::Cancelling;
            m_running->control.cancel();
        } else {
            return false;
        }
    }
    if (waiting && waiting->job.abandon)
        waiting->job.abandon();
    m_wake.notify_all();
    m_changed();
    return true;
}

void BatchLane::cancelAll()
{
    for (const auto& job : jobs())
        cancel(job.run);
}

std::vector<JobStatus> BatchLane::jobs() const
{
    std::vector<JobStatus> all;
    const std::lock_guard lock(m_mutex);
    if (m_running) {
        all.push_back(m_running->job.status);
        m_running->control.readProgress(all.back());
    }
    for (const auto& entry : m_queue)
        all.push_back(entry->job.status);
    return all;
}

bool BatchLane::waitIdle(std::chrono::milliseconds limit) const
{
    std::unique_lock lock(m_mutex);
    return m_wake.wait_for(lock, limit, [&] { return !m_running && m_queue.empty(); });
}

void BatchLane::waitIdle() const
{
    std::unique_lock lock(m_mutex);
    m_wake.wait(lock, [&] { return !m_running && m_queue.empty(); });
}

void BatchLane::wait(const std::string& run) const
{
    std::unique_lock lock(m_mutex);
    m_wake.wait(lock, [&] { return !holds(run); });
}

bool BatchLane::holds(const std::string& run) const
{
    return (m_running && m_running->job.status.run == run) ||
           std::ranges::any_of(m_queue, [&](const auto& e) { return e->job.status.run == run; });
}

void BatchLane::loop()
{
    setUpThread();
    for (;;) {
        std::shared_ptr<Entry> entry;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [&] { return m_ending || !m_queue.empty(); });
            if (m_queue.empty())
                return;
            entry = m_queue.front();
            m_queue.pop_front();
            entry->job.status.state = RunState::Running;
            entry->job.status.started = secondsNow();
            m_running = entry;
        }
        m_changed();
        try {
            entry->job.work(entry->control);
        } catch (...) {
            // A job tells of its own failure; one that cannot (not even its log could be written) still must
            // not end the engine.
        }
        {
            const std::lock_guard lock(m_mutex);
            m_running.reset();
        }
        m_wake.notify_all();
        m_changed();
    }
}

} // namespace assay::engine
