#include "plugins/calibration/trained_models.h"

#include "backend/engine/trained_network.h"

#include <torch/types.h>

namespace assay::confidence {

std::vector<TrainedModel> trainedModels(engine::RunContext& context, const data::Dataset& dataset,
                                        const torch::Tensor& ids, const TrainedParams& params)
{
    std::vector<TrainedModel> models;
    if (params.architectures.empty())
        return models;
    const torch::Tensor images = dataset.images(data::Split::Train, ids, torch::kCPU);
    const torch::Tensor labels = dataset.labels(data::Split::Train).index_select(0, ids);
    const models::ModelCard like = engine::cardFor(dataset.info(), images);
    const double total = static_cast<double>(params.architectures.size()) * params.seeds;
    for (const std::string& architecture : params.architectures) {
        for (int number = 1; number <= params.seeds; ++number) {
            const auto seed = context.seed() + static_cast<std::uint64_t>(number);
            const std::string name = architecture + " " + std::to_string(number);
            const engine::TrainingOrder order{.name = name,
                                              .architecture = architecture,
                                              .spec = {.epochs = params.epochs,
                                                       .learningRate = params.learningRate,
                                                       .initSeed = seed,
                                                       .orderSeed = seed},
                                              .done = static_cast<double>(models.size()),
                                              .total = total};
            models.push_back(
                {name, architecture, engine::trainedNetwork(context, images, labels, like, order)});
        }
    }
    return models;
}

} // namespace assay::confidence
