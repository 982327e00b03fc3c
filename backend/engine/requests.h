#pragma once

#include "backend/engine/engine.h"
#include "backend/protocol/message.h"

#include <functional>

namespace assay::engine {

/// Sends a message to the peer; blocks or not as the calling thread must.
using Sender = std::function<void(const protocol::Message&)>;

/// The methods of docs/protocol.md on an engine, apart from pipes and threads.
class Requests
{
public:
    Requests(Engine& engine, Sender send);

    /// Whether the method must not wait behind others: it is answered by the thread that reads.
    static bool isUrgent(const std::string& method);

    /// Does what is asked and sends the reply, also for whatever goes wrong. Does not throw.
    void answer(const protocol::Request& request);

private:
    protocol::Reply result(const protocol::Request& request);
    void preview(const protocol::Request& request);
    Json openRun(const std::string& run);

    Engine& m_engine;
    Sender m_send;
};

} // namespace assay::engine
