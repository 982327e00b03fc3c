#pragma once

#include "backend/engine/engine_listener.h"

namespace assay::cli {

/// For commands that ask the engine and run nothing.
class QuietListener final : public engine::EngineListener
{
public:
    void runEvent(const protocol::RunEvent&) override {}
    void previewEvent(const protocol::PreviewEvent&) override {}
    void jobsChanged() override {}
};

} // namespace assay::cli
