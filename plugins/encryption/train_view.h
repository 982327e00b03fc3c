#pragma once

#include "backend/engine/run_context.h"
#include "plugins/encryption/train_results.h"

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace assay::encryption {

/// What a finished run keeps to answer another scheme or depth to be shown.
struct TrainView
{
    std::vector<std::string> classes;
    std::vector<std::string> schemes, titles; ///< of the first set's outcomes, in order
    torch::Tensor predicted;                  ///< int64 [schemes,n]: of the first training
    torch::Tensor labels, ids;                ///< int64 [n]
    torch::Tensor shown;                      ///< uint8 [m,C,H,W]: the first m of the test images
    torch::Tensor own;                        ///< uint8 [o,C,H,W]: the owner's, for the encoder's statistics

    engine::TensorMap tensors() const;
    /// @throws Error when @p tensors are none that tensors() gave.
    static TrainView from(const engine::TensorMap& tensors);
};
TrainView trainViewOf(const TrainResults& results, const std::vector<TrainScheme>& schemes);

/// Figure `confusion` and grids `judged` and `encoded`, of the scheme and depth that @p params show.
void emitTrainView(engine::RunContext& ctx, const TrainView& view, const TrainParams& params);

/// Grid `encrypted`: every scheme beside the plain image; grid `candidates`: who the MMD attack takes for
/// whom.
void emitTrainGalleries(engine::RunContext& ctx, const TrainResults& results,
                        const std::vector<TrainScheme>& schemes);

/// Encoded patches as pictures: coordinates along the first three principal components of all of them, each
/// scaled to its 1 % .. 99 % range. @param tokens float [n,T,d] on the CPU. @returns float [n,3,H,W] in
/// [0,1].
torch::Tensor neuraPictures(const torch::Tensor& tokens, std::int64_t height, std::int64_t width,
                            std::int64_t patch);

/// Keeps the view of the run that was previewed last. Safe from any thread.
class TrainViews
{
public:
    /// Emits emitTrainView() for the run in the folder of @p ctx.
    void emit(engine::RunContext& ctx, const TrainParams& params);

private:
    std::mutex m_mutex; ///< guards both
    std::filesystem::path m_folder;
    std::shared_ptr<const TrainView> m_last; ///< shared: a newer preview replaces it while another reads
};

} // namespace assay::encryption
