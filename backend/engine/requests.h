#pragma once

#include "backend/engine/browsing/thumbnails.h"
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

    /// What a method may wait behind. Each lane is a thread; the first is the one that reads, for what must
    /// not wait at all. Reading a large file, filling a page of thumbnails and asking models about a sample
    /// thus delay neither each other nor the lists.
    enum class Lane { Reader, Service, Import, Browse, Sample };
    static Lane laneOf(const std::string& method);

    /// Does what is asked and sends the reply, also for whatever goes wrong. Does not throw.
    /// @param alsoFor ids of older requests that this one stands for: each gets the same reply.
    void answer(const protocol::Request& request, const std::vector<std::uint64_t>& alsoFor = {});

private:
    protocol::Reply result(const protocol::Request& request);
    void preview(const protocol::Request& request);
    Json openRun(const std::string& run);

    Engine& m_engine;
    Sender m_send;
    ThumbnailCache m_thumbnails;
};

} // namespace assay::engine
