#pragma once

#include "backend/protocol/event.h"

#include <cstdint>
#include <string>
#include <variant>

namespace assay::protocol {

/// Raised with any change that an older peer would misread. Both sides send it first.
inline constexpr int kProtocolVersion = 1;

/// First frame of each side.
struct Hello
{
    int protocol = kProtocolVersion;
    std::string program; ///< "assay" or "assay-cli"
    std::string version;
    bool operator==(const Hello&) const = default;
};

/// Window to engine. Methods and their parameters are listed in docs/protocol.md.
struct Request
{
    std::uint64_t id = 0;
    std::string method;
    Json params = Json::object();
    bool operator==(const Request&) const = default;
};

/// Engine to window: the answer to the request of the same id.
struct Reply
{
    std::uint64_t id = 0;
    bool ok = true;
    Json result;
    std::vector<std::uint8_t> bytes; ///< payload of "run.file"
    std::string error;               ///< the sentence when not ok
    bool operator==(const Reply&) const = default;
};

/// Engine to window: an event of a run, while it happens or replayed from its file.
struct RunEvent
{
    std::string run;
    std::uint64_t sequence = 0;
    bool replay = false;
    Event event;
    bool operator==(const RunEvent&) const = default;
};

/// Engine to window: an event of the live lane. Not stored. `preview` is the id of the request it answers;
/// events of a superseded preview are dropped by the receiver.
struct PreviewEvent
{
    std::string run;
    std::uint64_t preview = 0;
    Event event;
    bool operator==(const PreviewEvent&) const = default;
};

/// Engine to window, unasked: {"jobs": [...]} when the queue changed, {"catalogue": true} when lists did.
struct Notice
{
    std::string topic;
    Json body;
    bool operator==(const Notice&) const = default;
};

using Message = std::variant<Hello, Request, Reply, RunEvent, PreviewEvent, Notice>;

} // namespace assay::protocol
