#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "plugins/transfer/patch_report.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace assay::transfer {

/// One run of `transfer.patchwise-mask`: searches masks image batch by image batch, then attacks without
/// masks, with random and with learned ones, at every radius and with other shares of dropped patches. Used
/// once, from the thread that runs the study.
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
    /// Masks of some images. @param report called with the state after each generation of each batch
    /// and the position of its first image.
    torch::Tensor search(const reporting::TestImages& images, double dropRate, const std::string& what,
                         const std::function<void(const attacks::MaskSearchState&, std::int64_t)>& report);
    void showSearch(const attacks::MaskSearchState& state, std::int64_t first);
    /// A kind of masks at a radius; none for undefined @p masks.
    struct Kind
    {
        std::string id;
        std::string title;
        torch::Tensor masks = {}; ///< uint8 [n, population, genes]
        int perStep = 0;
    };
    PatchMethod attackedWith(const Kind& kind, const reporting::TestImages& images, double eps,
                             torch::Tensor* adversarial = nullptr);
    /// All methods at a radius. @returns the adversarial images of learned masks.
    torch::Tensor attackAt(std::size_t eps);
    void compareCounts();
    void compareRates();
    void emitFinal(const torch::Tensor& adversarial);
    void emitSurvivalOf(const torch::Tensor& adversarial);

    engine::RunContext& m_context;
    PatchParams m_params;
    PatchResults m_results;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::vector<reporting::NamedModel> m_models; ///< as PatchResults::models
    std::unique_ptr<const attacks::Attack> m_attack;
    const attacks::GradientAttack* m_gradient = nullptr; ///< m_attack
    reporting::TestImages m_images;                      ///< the pool
    torch::Tensor m_learned;                             ///< uint8 [P, population, genes]
    torch::Tensor m_random;                              ///< likewise
    MaskFilm m_film;
    double m_effective = 0; ///< share of the patches with any structure
};

} // namespace assay::transfer
