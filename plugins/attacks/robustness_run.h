#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "plugins/attacks/masking_checks.h"
#include "plugins/attacks/robustness_report.h"

#include <map>
#include <memory>
#include <tuple>
#include <vector>

namespace assay::robustness {

/// One run of `attacks.robustness`: rounds of more and more images, figures and tables after each curve. Used
/// once, from the thread that runs the study.
class RobustnessRun
{
public:
    RobustnessRun(engine::RunContext& context, RobustnessParams params);

    /// @throws Error for models that do not fit the images, and for attacks that do not know the norm.
    void execute();

private:
    struct Attacked
    {
        torch::Tensor robust;      ///< bool [n]
        torch::Tensor rows;        ///< int64 [k]: positions of the attacked images in the draw
        torch::Tensor adversarial; ///< float32 [k,C,H,W]
        double seconds = 0;
    };

    void openInputs();
    void evaluate(std::int64_t first, std::int64_t end);
    void keepExamples(std::size_t model, std::size_t attack, std::size_t eps, const Attacked& attacked);
    /// Attacks those of the images first .. first + count - 1 that the model classifies correctly.
    Attacked attacked(std::size_t model, const attacks::Attack& attack, const attacks::Budget& budget,
                      std::int64_t first, std::int64_t count, const std::string& stage);
    void runChecks();
    void emit();
    void emitExamples();
    void emitSurvivalOfView();

    engine::RunContext& m_context;
    RobustnessParams m_params;
    RobustnessResults m_results;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::vector<reporting::NamedModel> m_models;
    std::vector<std::unique_ptr<const attacks::Attack>> m_attacks;
    std::unique_ptr<const attacks::Attack> m_stepsAttack;
    reporting::TestImages m_images;
    std::vector<MaskingCheck> m_checks;
    std::map<std::tuple<std::size_t, std::size_t, std::size_t>, KeptExamples> m_kept;
};

/// Name of the artifact with the kept examples of a model, attack and radius.
std::string examplesArtifact(const RobustnessView& view);

} // namespace assay::robustness
