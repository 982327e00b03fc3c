#pragma once

#include "plugins/backdoor/suspect.h"
#include "plugins/backdoor/unlearn_params.h"
#include "plugins/backdoor/unlearn_results.h"

#include <filesystem>
#include <memory>
#include <mutex>

namespace assay::backdoor {

/// What previews of one run share while a slider is dragged: its results, and the edit made ready for any
/// strength with as many of the judged images as two forward passes of some 40 ms on one core take.
class LiveEdit
{
public:
    /// Reads the run of @p context, and the model and the images that @p params name.
    /// @throws Error when something of it is not there any more.
    LiveEdit(engine::RunContext& context, const UnlearnParams& params);

    const std::filesystem::path& folder() const { return m_folder; }
    const UnlearnResults& results() const { return m_results; }
    /// The rates of the edit at this strength, on images() of the judged images. One thread at a time.
    BackdoorRates at(double alpha);
    std::int64_t images() const { return m_y.numel(); }

private:
    std::filesystem::path m_folder;
    UnlearnResults m_results;
    models::ModelCard m_card;
    std::unique_ptr<WeightEdit> m_edit;
    torch::Tensor m_clean, m_triggered, m_y;
};

/// Keeps the run that was previewed last. Safe from any thread; one preview is made at a time.
class LiveEdits
{
public:
    /// Calls @p use with the edit of the run in the context's folder.
    template <class Use>
    void with(engine::RunContext& context, const UnlearnParams& params, Use use)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_last || m_last->folder() != context.folder()) {
            m_last.reset();
            m_last = std::make_unique<LiveEdit>(context, params);
        }
        use(*m_last);
    }

private:
    std::mutex m_mutex; ///< guards the one below
    std::unique_ptr<LiveEdit> m_last;
};

} // namespace assay::backdoor
