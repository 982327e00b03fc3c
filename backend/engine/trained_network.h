#pragma once

#include "backend/data/dataset.h"
#include "backend/engine/run_context.h"
#include "backend/training/trainer.h"

#include <torch/types.h>

#include <memory>
#include <string>

namespace assay::engine {

/// The card of a network for images of @p info, which are brought to mean 0 and deviation 1 per channel.
/// @param images what they are measured on, [n,C,H,W], uint8 or float32 in [0,1].
models::ModelCard cardFor(const data::DatasetInfo& info, const torch::Tensor& images);

/// Weights and buffers under their saved names, copied.
TensorMap weightsOf(const models::Network& network);
/// Tells these weights from any others, hex.
std::string weightsHash(const TensorMap& weights);

/// What a training is called and made of.
struct TrainingOrder
{
    std::string name;         ///< of the model: "badnets on fashion-mnist 2"; shown in progress
    std::string architecture; ///< key of the architecture registry
    Json options = Json::object();
    training::TrainSpec spec;
    /// Empty: cross-entropy. Else lossKey must tell it from all others.
    training::BatchLoss loss = {};
    Json lossKey = nullptr;
    double done = 0;  ///< where the run's progress stands before it, in units of `total`
    double total = 1; ///< trainings of the run
};

/// Trains a network from scratch on the run's device, or takes it from the cache where the same images,
/// labels and numbers were trained before: the key is made of their bytes.
/// @param images uint8 or float32 [N,C,H,W] on the CPU. @param labels int64 [N].
/// @param like what the card says besides architecture and name: cardFor().
/// @throws Error as trainNetwork() does.
std::shared_ptr<const models::Model> trainedNetwork(RunContext& context, const torch::Tensor& images,
                                                    const torch::Tensor& labels, models::ModelCard like,
                                                    const TrainingOrder& order);

} // namespace assay::engine
