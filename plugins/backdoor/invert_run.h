#pragma once

#include "plugins/backdoor/invert_params.h"
#include "plugins/backdoor/invert_results.h"
#include "plugins/backdoor/invert_scene.h"

#include <optional>

namespace assay::backdoor {

/// One run of `backdoor.invert`. Used once, from the thread that runs the study.
class InvertRun
{
public:
    InvertRun(engine::RunContext& context, InvertParams params);
    /// @throws Error for a model that does not fit the images.
    void execute();

private:
    void openInputs();
    void search();
    void compare();
    void unlearn();
    InvertUnlearned judged(const std::string& name, const models::Model& model,
                           const InvertedTrigger& trigger);
    std::shared_ptr<const models::Model> tuned(const std::string& name, const torch::Tensor& images,
                                               const torch::Tensor& labels, double done);
    void keepArtifacts();
    void emitRecovered();
    void emitExamples();
    void emitScene();

    engine::RunContext& m_context;
    InvertParams m_params;
    Suspect m_suspect;
    std::optional<poisoning::Trigger> m_planted;
    torch::Tensor m_defender; ///< float32 [n,C,H,W] on the device
    torch::Tensor m_ids;      ///< int64 [m] of judged images
    torch::Tensor m_x;        ///< float32 [m,C,H,W] on the device
    torch::Tensor m_y;        ///< int64 [m] on the CPU
    InvertResults m_results;
};

/// What a preview answers with: the verdict at params.threshold and the scene of params.class and
/// params.sample.
void previewInversion(engine::RunContext& context, const InvertParams& params);

} // namespace assay::backdoor
