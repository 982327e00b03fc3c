#pragma once

#include "backend/engine/run_context.h"
#include "backend/engine/trained_network.h"
#include "plugins/backdoor/plant_designer.h"
#include "plugins/backdoor/plant_params.h"
#include "plugins/backdoor/plant_results.h"

#include <memory>

namespace assay::backdoor {

/// The trigger and labels that the parameters say; rate, classes and seed included.
poisoning::PoisonSpec plantPoison(engine::RunContext& context, const PlantParams& params,
                                  const std::vector<std::string>& classes);

/// The models that the user wants to ask in the designer. @throws Error when one does not fit the images.
std::vector<PlantAsked> plantAsked(engine::RunContext& context, const PlantParams& params,
                                   const data::DatasetInfo& info);

/// One run of `backdoor.plant`.
class PlantRun
{
public:
    PlantRun(engine::RunContext& context, PlantParams params)
        : m_context(context)
        , m_params(std::move(params))
    {}
    void execute();

private:
    void openInputs();
    void train();
    training::TrainSpec trainSpec(int number) const;
    /// What the cards say of the training. "train_ids" are the images of the training split in the order in
    /// which they were poisoned, so that the poisoned set can be made again; absent: the whole split; empty:
    /// it cannot be, of too many images to be listed or of perturbed ones.
    Json recipe() const;
    std::shared_ptr<const models::Model> network(const torch::Tensor& images, const torch::Tensor& labels,
                                                 int number, bool planted);
    /// Pixels of the trigger, optimised on the first clean network.
    void optimise(const models::Model& clean);
    poisoning::PoisonedSet poisonFor(int number, const models::Model& clean);
    void judge(int number, const models::Model& clean, const models::Model& planted,
               const poisoning::PoisonedSet& poisoned);
    void save(const models::Model& clean, const models::Model& planted);
    void emitPoisoned(const poisoning::PoisonedSet& poisoned, const torch::Tensor& clean);
    /// Features and saliency of both networks on images with the trigger.
    void emitInside(const std::shared_ptr<const models::Model>& clean,
                    const std::shared_ptr<const models::Model>& planted);
    void emitReport();
    void keepBench();

    engine::RunContext& m_context;
    PlantParams m_params;
    std::shared_ptr<const data::Dataset> m_set;
    torch::Tensor m_trainIds, m_images, m_labels; ///< CPU
    torch::Tensor m_x;                            ///< judged images, float32 on the device
    poisoning::PoisonSpec m_poison;
    PlantResults m_results;
    PlantBench m_bench;
};

} // namespace assay::backdoor
