#pragma once

#include "backend/calibration/density/density_aware_scaling.h"
#include "backend/calibration/density/density_bank.h"
#include "plugins/calibration/compare_run.h"
#include "plugins/calibration/dac_params.h"
#include "plugins/calibration/dac_results.h"

#include <functional>
#include <optional>
#include <vector>

namespace assay::confidence {

/// One run of `calibration.dac`. Used once, from the thread that runs the study.
class DacRun
{
public:
    DacRun(engine::RunContext& context, DacParams params);

    /// @throws Error for models that do not fit the images, and for fewer training images than `k`.
    void execute();

private:
    /// A model says of images under a shift.
    struct Seen
    {
        torch::Tensor logits; ///< float32 [N,C]
        torch::Tensor scores; ///< float64 [N,L]
        torch::Tensor labels; ///< int64 [N]
    };
    struct Judged
    {
        std::shared_ptr<const models::Model> model;
        torch::Tensor bankIds; ///< int64 [M], of the training split
    };

    void openInputs();
    void openModels();
    std::vector<Method> methods() const;
    void measure(std::size_t m);
    Seen seen(std::size_t m, const Shift& shift, const std::function<reporting::TestImages()>& images);
    Seen seenNow(std::size_t m, const reporting::TestImages& images);
    void judge(std::size_t m, int split);
    void keepFit(std::size_t m, int split, const calibration::DacFit& fit);
    /// What is shown of the first split: @p plain is the one temperature compared with.
    void describe(std::size_t m, const calibration::DensityAwareScaling& scaling,
                  const calibration::Calibrator& plain, const SplitRows& rows);
    void describeShifts(std::size_t m, const calibration::DensityAwareScaling& scaling,
                        const calibration::Calibrator& plain, const SplitRows& rows);
    void describeOod(std::size_t m, const calibration::DensityAwareScaling& scaling, const SplitRows& rows);
    void addGroup(std::size_t m, const std::string& group, const torch::Tensor& temperatures);
    void inspect(std::size_t m, const calibration::DensityAwareScaling& scaling, const SplitRows& rows);
    calibration::Loss loss() const;
    /// The bank of a model; made when first needed, so that a cached run makes none.
    const calibration::DensityBank& bank(std::size_t m);
    engine::TensorMap bankVectors(std::size_t m);

    engine::RunContext& m_context;
    DacParams m_params;
    MethodResults m_results;
    DacResults m_density;
    std::optional<ShiftedTests> m_tests;
    std::vector<Judged> m_models;
    std::vector<OodSet> m_oodSets;
    std::vector<std::string> m_layers;
    std::optional<calibration::DensityBank> m_bank;
    std::vector<Seen> m_seen;    ///< per shift, of the model that is looked at
    std::vector<Seen> m_oodSeen; ///< per set of m_oodSets
    Inspection m_shown;          ///< of the model that figures show
};

/// The figures and the gallery that live fields of `calibration.dac` change.
void emitDacView(engine::RunContext& context, const MethodResults& results, const DacResults& density,
                 const Inspection& inspection, const DacParams& params);

} // namespace assay::confidence
