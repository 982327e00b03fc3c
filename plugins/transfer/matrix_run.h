#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "plugins/transfer/matrix_report.h"

#include <memory>
#include <vector>

namespace assay::transfer {

/// One run of `transfer.matrix`: attacks every source with every attack at every radius, shows the images to
/// every target, and emits figures and tables after each. Used once, from the thread that runs the study.
class MatrixRun
{
public:
    MatrixRun(engine::RunContext& context, MatrixParams params);

    /// @throws Error for models that do not fit the images or each other, and for attacks that do not know
    /// the norm or cannot aim.
    void execute();

private:
    void openInputs();
    void attackSet(std::size_t source, std::size_t attack, std::size_t eps);
    void emit(std::size_t attack);
    void emitSurvivalOfView();

    engine::RunContext& m_context;
    MatrixParams m_params;
    MatrixResults m_results;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::vector<reporting::NamedModel> m_sources;
    std::vector<reporting::NamedModel> m_targets;
    std::vector<std::unique_ptr<const attacks::Attack>> m_attacks;
    reporting::TestImages m_images;
    torch::Tensor m_viewed; ///< float32 [N,C,H,W]: adversarial images of the viewed source, attack and radius
};

/// Name of the artifact with the adversarial images of a source, attack and radius.
std::string matrixImagesArtifact(const MatrixView& view);

} // namespace assay::transfer
