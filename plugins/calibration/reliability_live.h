#pragma once

#include "backend/engine/run_context.h"
#include "plugins/calibration/reliability_report.h"
#include "plugins/calibration/reliability_results.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace assay::confidence {

/// What previews of one run share while a slider is dragged.
struct LiveRun
{
    std::filesystem::path folder;
    ReliabilityResults results;
    /// Of more than ReliabilityScene::kMostLinked samples, which are too many to sort between two frames.
    std::shared_ptr<const metrics::TemperedLogits> tempered;
};

/// One of its moments.
struct LiveScene
{
    LiveScene(std::shared_ptr<const LiveRun> of, double temperature, std::vector<double> buffer);

    std::shared_ptr<const LiveRun> run;
    ReliabilityScene scene;
};

/// Keeps the run that was previewed last and its last temperature: the run is read once, and rebinning
/// computes no probability anew. Safe from any thread.
class LiveScenes
{
public:
    /// Of the run in the folder of @p ctx. @throws Error when its artifact is missing or malformed.
    std::shared_ptr<const LiveScene> at(const engine::RunContext& ctx, double temperature);

private:
    std::mutex m_mutex;                ///< guards the one below
    std::shared_ptr<LiveScene> m_last; ///< shared: a newer preview replaces it while another reads
};

/// The reported metrics of a moment, without intervals. NaN stands for what a slider's moment of many samples
/// leaves out since it takes their order, or all classes: ece_classwise, ks, smece, auroc and aurc.
CalibrationNumbers liveNumbers(const ReliabilityScene& scene, int bins);

} // namespace assay::confidence
