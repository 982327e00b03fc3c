#pragma once

#include "backend/engine/run_context.h"
#include "plugins/backdoor/plant_designer.h"
#include "plugins/backdoor/plant_params.h"

#include <filesystem>
#include <memory>
#include <mutex>

namespace assay::backdoor {

/// Keeps what the designer needs of the run that was previewed last, so that a dragged trigger reads no file.
/// Safe from any thread.
class PlantBenches
{
public:
    /// Of the run in the folder of @p context. @throws Error when its artifacts are missing or malformed.
    std::shared_ptr<const PlantBench> at(engine::RunContext& context, const PlantParams& params);

private:
    std::mutex m_mutex; ///< guards the two below
    std::filesystem::path m_folder;
    std::shared_ptr<const PlantBench> m_bench; ///< shared: a newer run replaces it while another reads
};

/// The trigger that live parameters say: pixels that the run optimised stay.
poisoning::TriggerSpec liveTrigger(engine::RunContext& context, const PlantParams& params,
                                   const poisoning::PoisonSpec& poison);

} // namespace assay::backdoor
