#pragma once

#include "backend/calibration/density/density_aware_scaling.h"
#include "backend/calibration/density/density_bank.h"
#include "plugins/calibration/compare_run.h"
#include "plugins/calibration/dac_params.h"
#include "plugins/calibration/dac_results.h"

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
    /// Of the test images under a shift.
    struct Seen
    {
        torch::Tensor logits; ///< float32 [N,C]
        torch::Tensor scores; ///< float64 [N,L]
    };

    void openInputs();
    void measure(std::size_t m);
    Seen seen(std::size_t m, const torch::Tensor& x, const Shift& shift);
    Seen seenNow(const models::Model& model, const torch::Tensor& x);
    void judge(std::size_t m, int split);
    void describe(std::size_t m, const calibration::DensityAwareScaling& scaling, const SplitRows& rows);
    void addGroup(std::size_t m, const std::string& group, const torch::Tensor& temperatures);
    void showNeighbours(std::size_t m, const calibration::DensityAwareScaling& scaling,
                        const SplitRows& rows);
    calibration::Loss loss() const;
    /// The bank of the model that is looked at; made when first needed, so that a cached run makes none.
    const calibration::DensityBank& bank(const models::Model& model);

    engine::RunContext& m_context;
    DacParams m_params;
    MethodResults m_results;
    DacResults m_density;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::vector<reporting::NamedModel> m_models;
    reporting::TestImages m_images;
    torch::Tensor m_bankIds; ///< int64 [M], of the training split
    std::vector<std::string> m_layers;
    std::optional<calibration::DensityBank> m_bank;
    std::vector<Seen> m_seen; ///< per shift, of the model that is looked at
    Seen m_shuffled;
};

} // namespace assay::confidence
