#pragma once

#include "backend/protocol/message.h"

namespace assay::engine {

/// Hears what the engine has to say. Called from the engine's threads, events of one run in order; a call
/// that blocks slows the engine down, which is the intended back pressure.
class EngineListener
{
public:
    virtual ~EngineListener() = default;
    virtual void runEvent(const protocol::RunEvent& event) = 0;
    /// @throws Error when it cannot be sent, e.g. because it is too long for a frame.
    virtual void previewEvent(const protocol::PreviewEvent& event) = 0;
    /// A job was added or changed its state.
    virtual void jobsChanged() = 0;
    /// A model or data set was imported, saved by a run, removed or put back.
    virtual void catalogueChanged() {}
};

} // namespace assay::engine
