#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "plugins/transfer/patch_report.h"

#include <memory>
#include <vector>

namespace assay::transfer {

/// One run of `transfer.patchwise-mask`: searches masks image batch by image batch, then attacks without
/// masks, with random and with learned ones. Used once, from the thread that runs the study.
class PatchRun
{
public:
    PatchRun(engine::RunContext& context, PatchParams params);

    /// @throws Error for a model in two roles, models that do not fit the images, an attack without a
    /// gradient, and an empty pool.
    void execute();

private:
    void openInputs();
    void choosePool();
    torch::Tensor learnMasks();
    void showSearch(const attacks::MaskSearchState& state, std::int64_t first);
    PatchMethod attackedWith(std::string id, std::string title, const torch::Tensor& masks, int perStep,
                             torch::Tensor* adversarial = nullptr);
    void emitSuccess();
    void emitSurvivalOf(const torch::Tensor& adversarial);

    engine::RunContext& m_context;
    PatchParams m_params;
    PatchResults m_results;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::vector<reporting::NamedModel> m_models; ///< as PatchResults::models
    std::unique_ptr<const attacks::Attack> m_attack;
    const attacks::GradientAttack* m_gradient = nullptr; ///< m_attack
    attacks::Budget m_budget;
    reporting::TestImages m_images; ///< the pool
    MaskFilm m_film;
};

} // namespace assay::transfer
