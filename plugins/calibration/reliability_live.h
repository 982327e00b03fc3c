#pragma once

#include "backend/engine/run_context.h"
#include "plugins/calibration/reliability_report.h"
#include "plugins/calibration/reliability_results.h"

#include <cstddef>
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

/// The memory of a moment that nobody looks at any more, for the next one. Safe from any thread.
class SpareBuffer
{
public:
    /// What was put last, or none.
    std::vector<double> take();
    void put(std::vector<double> buffer);

private:
    std::mutex m_mutex;           ///< guards the one below
    std::vector<double> m_buffer; ///< its contents do not matter
};

/// One of its moments.
struct LiveScene
{
    /// @param memory where the scene's memory comes from, and where it goes when the last owner lets go, on
    ///               whichever thread that is; may be null.
    LiveScene(std::shared_ptr<const LiveRun> of, double temperature, std::shared_ptr<SpareBuffer> memory);
    ~LiveScene();
    LiveScene(const LiveScene&) = delete;
    LiveScene& operator=(const LiveScene&) = delete;

    std::shared_ptr<SpareBuffer> spare; ///< shared: a scene may outlive the LiveScenes that it comes from
    std::shared_ptr<const LiveRun> run;
    ReliabilityScene scene;
};

/// Keeps the run that was previewed last and its last temperature: the run is read once, and rebinning
/// computes no probability anew. A run whose logits take more than 512 MiB is not kept, each of its previews
/// reads it: what is kept takes twice the logits' memory and stays as long as the study does. Safe from any
/// thread; one preview is made at a time.
class LiveScenes
{
public:
    static constexpr std::size_t kMostKeptBytes = std::size_t(512) << 20;

    explicit LiveScenes(std::size_t mostKeptBytes = kMostKeptBytes)
        : m_mostKeptBytes(mostKeptBytes)
    {}

    /// Of the run in the folder of @p ctx. @throws Error when its artifact is missing or malformed.
    std::shared_ptr<const LiveScene> at(const engine::RunContext& ctx, double temperature);

private:
    const std::size_t m_mostKeptBytes;
    const std::shared_ptr<SpareBuffer> m_spare = std::make_shared<SpareBuffer>();
    std::mutex m_mutex;                      ///< guards the one below
    std::shared_ptr<const LiveScene> m_last; ///< shared: a newer preview replaces it while another reads
};

/// The reported metrics of a moment, without intervals. NaN stands for what a slider's moment of many samples
/// leaves out since it takes their order, or all classes: ece_classwise, ks, smece, auroc and aurc.
CalibrationNumbers liveNumbers(const ReliabilityScene& scene, int bins);

} // namespace assay::confidence
