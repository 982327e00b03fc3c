#pragma once

#include "backend/engine/run_context.h"

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

namespace assay::confidence {

/// Networks that a study trains itself, so that a result does not hang on one training.
struct TrainedParams
{
    std::vector<std::string> architectures;
    int seeds = 3;
    int images = 10000;
    int epochs = 25;
    double learningRate = 0.05;
};

template <class V>
void visitTrained(V& v, TrainedParams& p, const std::vector<std::string>& names)
{
    v.field("train", p.architectures)
        .label("Trained here")
        .minItems(0)
        .advanced()
        .choices(names, names)
        .group("Models")
        .help("Architectures that are trained from scratch on a part of the training images and join the "
              "models. Trained until they know it by heart they are as sure of themselves as those of the "
              "literature.");
    v.field("train_seeds", p.seeds)
        .label("Trainings of each")
        .range(1, 100)
        .advanced()
        .group("Models")
        .help("From other initial weights and in another order of the images.");
    v.field("train_images", p.images)
        .label("Images to train on")
        .unit("images")
        .range(100, 10000000)
        .advanced()
        .group("Models")
        .help("Drawn from the training split with the seed.");
    v.field("train_epochs", p.epochs)
        .label("Epochs")
        .range(1, 10000)
        .advanced()
        .group("Models")
        .help("How often each image is seen. Without augmentation and without label smoothing.");
    v.field("train_rate", p.learningRate)
        .label("Learning rate")
        .range(1e-6, 10)
        .advanced()
        .group("Models")
        .help("At the start; it falls to 0. Networks without batch normalisation need a smaller one.");
}

struct TrainedModel
{
    std::string name;   ///< "small_cnn 2"
    std::string family; ///< "small_cnn"
    std::shared_ptr<const models::Model> model;
};

/// Trains every architecture from every seed on the training images @p ids (int64 [n]), one after another, on
/// the run's device; from the cache where they were trained before. Batches and weight decay are TrainSpec's,
/// options of the architectures their defaults.
/// @throws Error as trainNetwork() does.
std::vector<TrainedModel> trainedModels(engine::RunContext& context, const data::Dataset& dataset,
                                        const torch::Tensor& ids, const TrainedParams& params);

} // namespace assay::confidence
