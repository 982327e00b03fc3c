#pragma once

#include "backend/engine/requests.h"
#include "backend/engine/service_thread.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace assay::engine {

/// The threads that answer requests, one for each lane but the reader's. Safe from any thread.
class RequestLanes
{
public:
    explicit RequestLanes(Requests& requests)
        : m_requests(requests)
    {}

    /// Answers at once what must not wait, and hands on the rest. While an import.inspect of a file waits, a
    /// newer one of the same file takes its place: a form asks at every key stroke, and all are answered
    /// alike.
    /// @throws Error when too many wait.
    void handle(protocol::Request request);
    /// Waits until nothing is left to do. @returns false when that took longer than @p limit.
    bool waitIdle(std::chrono::milliseconds limit) const;
    /// Does @p task on the thread that answers requests about lists.
    void later(std::function<void()> task) { m_service.add(std::move(task)); }

private:
    ServiceThread& threadOf(Requests::Lane lane);
    bool joinWaiting(const std::string& path, const protocol::Request& request);
    bool inspect(const protocol::Request& request);

    Requests& m_requests;
    std::mutex m_mutex;                                                  ///< guards m_inspections
    std::map<std::string, std::vector<protocol::Request>> m_inspections; ///< waiting, by path, oldest first
    ServiceThread m_service;
    ServiceThread m_import;
    ServiceThread m_browse{ServiceThread::Order::NewestFirst};
    ServiceThread m_sample{ServiceThread::Order::NewestFirst};
};

} // namespace assay::engine
