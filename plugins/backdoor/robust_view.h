#pragma once

#include "backend/engine/run_context.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/scene.h"
#include "plugins/backdoor/robust_autoencoder.h"
#include "plugins/backdoor/robust_results.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace assay::backdoor {

/// Poisoned images that a run keeps for the slider, and as many clean ones.
inline constexpr std::int64_t kRobustShown = 48;

/// Of each image, clean or poisoned. @param poisoned bool [n].
protocol::ImageAttribute poisonedAttribute(const torch::Tensor& poisoned);

RobustAutoencoderSpec autoencoderSpec(const RobustParams& params, std::uint64_t seed);
/// All that are not learned in the run. @throws Error when the script or folder cannot be used.
std::unique_ptr<const RobustVariation> variationWithoutTraining(const RobustParams& params,
                                                                std::shared_ptr<const data::Dataset> set,
                                                                std::uint64_t seed);

/// What a finished run keeps to answer a moved slider.
struct RobustBench
{
    torch::Tensor ids;      ///< int64 [n]: of the training split; poisoned ones first
    torch::Tensor bytes;    ///< uint8 [n,C,H,W]: as trained on
    torch::Tensor given;    ///< int64 [n]
    torch::Tensor truth;    ///< int64 [n]
    torch::Tensor poisoned; ///< bool [n]
    std::shared_ptr<const models::Model> teacher;
    models::NamedTensors codeWeights; ///< of the autoencoder; empty for other variations
    std::vector<std::string> classes;

    engine::TensorMap tensors() const;
    /// @throws Error when @p tensors are none that tensors() gave.
    static RobustBench from(const engine::TensorMap& tensors, torch::Device device);
};

/// The images of a bench at one strength.
struct RobustMoment
{
    double strength = 0;
    torch::Tensor x;             ///< float32 [n,C,H,W] on the CPU
    torch::Tensor v;             ///< likewise: the variations
    torch::Tensor probabilities; ///< float32 [n,K]: the teacher's of v
    torch::Tensor before;        ///< float32 [n,K]: of x
};
RobustMoment momentOf(const RobustBench& bench, const RobustVariation& variation, double strength,
                      bool colours, torch::Device device);

/// Figure `meter`: shares of the shown variations that the teacher takes for their label, for their true
/// class and for another one.
protocol::Figure meterFigure(const RobustBench& bench, const RobustMoment& moment);
/// Grid `moved`: image and variation, with what the teacher says of both.
protocol::ImageGrid movedGrid(const RobustBench& bench, const RobustMoment& moment);
/// Scene `bench`: one of them.
protocol::Scene movedScene(const RobustBench& bench, const RobustMoment& moment, std::int64_t sample);

/// Keeps what the run that was previewed last needs, so that a slider reads it once. Safe from any thread.
class RobustPreviews
{
public:
    /// Emits the three above for the run in the folder of @p context.
    void emit(engine::RunContext& context, const RobustParams& params);

private:
    struct Kept
    {
        std::filesystem::path folder;
        RobustBench bench;
        std::shared_ptr<const RobustVariation> variation;
    };
    std::shared_ptr<const Kept> keptOf(engine::RunContext& context, const RobustParams& params);

    std::mutex m_mutex;                 ///< guards the one below
    std::shared_ptr<const Kept> m_last; ///< shared: a newer preview replaces it while another reads
};

} // namespace assay::backdoor
