#pragma once

#include "widgets/engine/engine_client.h"

#include <functional>
#include <string>

namespace assay::widgets {

/// How the room asks the engine: EngineClient::request, or a test's answers. The handler is called on the GUI
/// thread on a later turn of the event loop, and not at all once the context is gone.
using EnginePort = std::function<void(const std::string& method, const Json& params, QObject* context,
                                      EngineClient::ReplyHandler handler)>;

inline EnginePort portOf(EngineClient& engine)
{
    return [&engine](const std::string& method, const Json& params, QObject* context,
                     EngineClient::ReplyHandler handler) {
        engine.request(method, params, context, std::move(handler));
    };
}

} // namespace assay::widgets
