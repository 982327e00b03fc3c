#pragma once

#include "plugins/transfer/class_aware_figures.h"
#include "plugins/transfer/class_aware_params.h"
#include "plugins/transfer/class_aware_results.h"
#include "plugins/transfer/class_aware_tables.h"
#include "plugins/transfer/class_aware_view.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::transfer {

/// One run of `transfer.class-aware`: opens the inputs, chooses the pool, attacks every source at every
/// radius and emits figures and tables after each. Used once, from the thread that runs the study.
class ClassAwareRun
{
public:
    ClassAwareRun(engine::RunContext& context, const ClassAwareParams& params);

    /// @throws Error for models that do not fit the images or each other, and for an empty pool.
    void execute();

private:
    using ModelPtr = std::shared_ptr<const models::Model>;
    struct AttackSet
    {
        torch::Tensor adversarial; ///< float32 [P,C,H,W] on the device
        torch::Tensor path;        ///< [steps + 1, n, C, H, W]; undefined: the attack does not tell its steps
    };

    void openInputs();
    ModelPtr openModel(const protocol::ModelRef& ref) const;
    void choosePool();
    void measureSimilarity(std::size_t source);
    Probe probed(std::size_t source, const ModelPtr& model, const torch::Tensor& direction,
                 const torch::Tensor& random);
    void attackAll(std::size_t source);
    AttackSet attackSet(std::size_t source, std::size_t eps);
    EpsResult evaluate(std::size_t source, const AttackSet& set);
    torch::Tensor pathProbabilities(std::size_t source, std::size_t target, const EpsResult& result,
                                    const torch::Tensor& path) const;
    void emit(std::size_t source);
    void emitDecisionMaps(const View& view);
    Json inputKey(const ModelPtr& model, const torch::Tensor& ids) const;
    engine::TensorMap cached(const ModelPtr& model, const Json& key,
                             const std::function<engine::TensorMap()>& compute);

    engine::RunContext& m_context;
    ClassAwareParams m_params;
    ClassAwareResults m_results;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::unique_ptr<const attacks::Attack> m_attack;
    std::vector<ModelPtr> m_sources;
    std::vector<ModelPtr> m_targets;
    torch::Tensor m_x;                   ///< float32 [P,C,H,W] on the device
    torch::Tensor m_y;                   ///< int64 [P] on the device
    std::optional<torch::Tensor> m_aim;  ///< aimed classes of a targeted attack, int64 [P] on the device
    std::vector<torch::Tensor> m_viewed; ///< float16 adversarial images of the viewed source, per radius
    std::optional<View> m_shownExamples; ///< view of the gallery that was emitted last
    std::optional<MappedImage> m_mapped; ///< what the decision maps show; the pair does not change in a run
};

} // namespace assay::transfer
