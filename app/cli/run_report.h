#pragma once

#include "app/cli/progress_view.h"
#include "backend/engine/engine_listener.h"

#include <mutex>
#include <string>
#include <vector>

namespace assay::cli {

/// Watches the one run of `assay-cli run`: progress and log lines while it lasts, its numbers at the end.
class RunReport final : public engine::EngineListener
{
public:
    void runEvent(const protocol::RunEvent& event) override;
    void previewEvent(const protocol::PreviewEvent&) override {}
    void jobsChanged() override {}

    /// A line on standard error, beside the progress bar.
    void say(const std::string& text);
    /// Prints how the run ended, its metrics and, as the last line, its folder. @returns the exit status.
    int conclude(const std::string& folder);

private:
    std::mutex m_mutex; ///< guards the two below
    std::vector<protocol::Metric> m_metrics;
    protocol::RunFinished m_end{protocol::RunState::Failed, "the run left no word of its end.", 0, {}};
    ProgressView m_view;
};

} // namespace assay::cli
