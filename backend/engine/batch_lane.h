#pragma once

#include "backend/engine/lane_gate.h"
#include "backend/protocol/event.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace assay::engine {

/// What lists show of a job.
struct JobStatus
{
    std::string run;
    std::string study;
    std::string title;
    protocol::RunState state = protocol::RunState::Queued;
    std::string stage;
    double done = 0;
    double total = 0;
    double started = 0; ///< seconds since the epoch; 0 while queued
};

/// A job's side of its lane. Safe from any thread.
class JobControl
{
public:
    explicit JobControl(LaneGate& gate)
        : m_gate(gate)
    {}
    /// Steps aside for previews. @throws Cancelled.
    void checkpoint();
    bool cancelled() const { return m_cancel.load(); }
    void cancel();
    void setProgress(const std::string& stage, double done, double total);
    void readProgress(JobStatus& status) const;

private:
    LaneGate& m_gate;
    std::atomic<bool> m_cancel = false;
    mutable std::mutex m_mutex; ///< guards the three below
    std::string m_stage;
    double m_done = 0;
    double m_total = 0;
};

/// Runs jobs one after the other, in the order they were added, on a thread of its own.
/// States are exactly queued, running, cancelling, then finished, failed or cancelled. Safe from any thread.
class BatchLane
{
public:
    struct Job
    {
        JobStatus status;
        /// Does the work on the lane's thread and tells the world how it ended. Whatever it throws ends the
        /// job, not the lane.
        std::function<void(JobControl&)> work;
        /// Called instead of work when the job is cancelled while it waits, on the canceller's thread.
        std::function<void()> abandon;
    };

    /// @param changed called after every change of a job's state, from any thread, with no lock held.
    BatchLane(LaneGate& gate, std::function<void()> changed);
    /// Cancels everything and waits for the running job's next checkpoint.
    ~BatchLane();

    void add(Job job);
    /// @returns false when no such job is queued or running.
    bool cancel(const std::string& run);
    void cancelAll();
    /// The jobs that are not final: the running one, then the queue.
    std::vector<JobStatus> jobs() const;
    /// Waits until no job is left. @returns false when that took longer than @p limit.
    bool waitIdle(std::chrono::milliseconds limit) const;
    void waitIdle() const;
    /// Waits until this job is final.
    void wait(const std::string& run) const;

private:
    struct Entry;
    void loop();
    bool holds(const std::string& run) const; ///< with m_mutex held

    LaneGate& m_gate;
    std::function<void()> m_changed;
    mutable std::mutex m_mutex; ///< guards the three below
    std::deque<std::shared_ptr<Entry>> m_queue;
    std::shared_ptr<Entry> m_running; ///< shared by the lane's thread and whoever cancels it
    bool m_ending = false;
    mutable std::condition_variable m_wake;
    std::thread m_thread; ///< last: starts when everything else is there
};

} // namespace assay::engine
