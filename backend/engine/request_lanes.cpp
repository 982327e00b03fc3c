#include "backend/engine/request_lanes.h"

#include "backend/engine/request_params.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::engine {

using protocol::Request;
using Lane = Requests::Lane;

ServiceThread& RequestLanes::threadOf(Lane lane)
{
    switch (lane) {
    case Lane::Import:
        return m_import;
    case Lane::Browse:
        return m_browse;
    case Lane::Sample:
        return m_sample;
    case Lane::Reader:
    case Lane::Service:
        break;
    }
    return m_service;
}

/// Puts an inspection with those of the same file that wait; true when there are some, hence a task for them.
bool RequestLanes::joinWaiting(const std::string& path, const Request& request)
{
    const std::lock_guard lock(m_mutex);
    auto& waiting = m_inspections[path];
    waiting.push_back(request);
    return waiting.size() > 1;
}

bool RequestLanes::inspect(const Request& request)
{
    const Json& member = memberOf(request.params, "path");
    const std::string path = member.is_string() ? member.get<std::string>() : std::string();
    if (joinWaiting(path, request))
        return true;
    return m_import.add([this, path] {
        std::vector<Request> waiting;
        {
            const std::lock_guard lock(m_mutex);
            waiting.swap(m_inspections[path]);
            m_inspections.erase(path);
        }
        std::vector<std::uint64_t> older;
        for (std::size_t i = 0; i + 1 < waiting.size(); ++i)
            older.push_back(waiting[i].id);
        m_requests.answer(waiting.back(), older);
    });
}

void RequestLanes::handle(Request request)
{
    const Lane lane = Requests::laneOf(request.method);
    if (lane == Lane::Reader)
        return m_requests.answer(request);
    const bool added = request.method == "import.inspect"
                           ? inspect(request)
                           : threadOf(lane).add([this, r = std::move(request)] { m_requests.answer(r); });
    if (!added)
        throw Error("more than " + std::to_string(ServiceThread::kMaxTasks) + " requests wait for an answer",
                    "protocol");
}

bool RequestLanes::waitIdle(std::chrono::milliseconds limit) const
{
    const auto end = std::chrono::steady_clock::now() + limit;
    for (const ServiceThread* thread : {&m_service, &m_import, &m_browse, &m_sample}) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (!thread->waitIdle(std::max(left, std::chrono::milliseconds(0))))
            return false;
    }
    return true;
}

} // namespace assay::engine
