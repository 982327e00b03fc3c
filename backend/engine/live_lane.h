#pragma once

#include "backend/engine/lane_gate.h"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace assay::engine {

/// A preview's side of its lane.
class LiveControl
{
public:
    /// @throws Cancelled when a newer preview came or the lane ends.
    void checkpoint() const;
    bool superseded() const { return m_superseded.load(); }

private:
    friend class LiveLane;
    std::atomic<bool> m_superseded = false;
};

/// Computes previews on a thread of its own. A new one supersedes the older: a waiting one is dropped, a
/// running one is stopped at its next checkpoint. Meanwhile the batch lane steps aside. Safe from any thread.
class LiveLane
{
public:
    struct Preview
    {
        std::function<void(const LiveControl&)> work; ///< on the lane's thread; must not throw
        std::function<void()> superseded;             ///< instead of work, when a newer one came first
    };

    explicit LiveLane(LaneGate& gate);
    ~LiveLane();

    void submit(Preview preview);
    /// Drops what waits and stops what runs.
    void clear();
    bool waitIdle(std::chrono::milliseconds limit) const;

private:
    struct Entry;
    std::shared_ptr<Entry> replaceWaiting(std::shared_ptr<Entry> next);
    void loop();

    LaneGate& m_gate;
    mutable std::mutex m_mutex;       ///< guards the three below
    std::shared_ptr<Entry> m_waiting; ///< shared by the lane's thread and whoever supersedes it
    std::shared_ptr<Entry> m_running;
    bool m_ending = false;
    mutable std::condition_variable m_wake;
    std::thread m_thread;
};

} // namespace assay::engine
