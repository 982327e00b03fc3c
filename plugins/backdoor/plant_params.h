#pragma once

#include "backend/models/architectures/architectures.h"
#include "backend/poisoning/poison.h"
#include "backend/protocol/params.h"
#include "plugins/backdoor/trigger_params.h"

#include <string>
#include <vector>

namespace assay::backdoor {

/// Parameters of `backdoor.plant`.
struct PlantParams
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    bool train = true;
    std::vector<protocol::ModelRef> models;
    std::string architecture = "small_cnn";
    int trainImages = 10000;
    int epochs = 5;
    double learningRate = 0.05;
    int seeds = 3;
    int count = 2000;
    std::string labels = "all-to-one";
    std::string target;
    double rate = 0.1;
    double coverRate = 0;
    double harden = 0;
    int hardenSteps = 40;
    std::string optimise = "no";
    int optimiseSteps = 100;
    TriggerParams trigger;
    int sample = -1;
};

template <class V>
void visitPlantTraining(V& v, PlantParams& p)
{
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("Networks are trained on the training split and judged on the test split.");
    v.field("train", p.train)
        .label("Train networks")
        .group("Models")
        .help("Off: the designer alone, which is there in a moment and trains nothing.");
    v.field("models", p.models)
        .label("Models asked in the designer")
        .minItems(0)
        .group("Models")
        .help(
            "Further classifiers that are shown the trigger: what it does to a model that never learned it.");
    v.field("architecture", p.architecture)
        .label("Architecture")
        .choices(models::architectureNames())
        .group("Models")
        .help("Of the networks trained here.");
    v.field("train_images", p.trainImages)
        .label("Training images")
        .unit("images")
        .range(100, 10000000)
        .group("Training")
        .help("Drawn from the training split with the seed; all when there are fewer.");
    v.field("epochs", p.epochs).label("Epochs").range(1, 10000).group("Training").help("Of each training.");
    v.field("learning_rate", p.learningRate)
        .label("Learning rate")
        .range(1e-6, 10)
        .advanced()
        .group("Training")
        .help("At the start; it falls to 0 in equal steps.");
    v.field("seeds", p.seeds)
        .label("Trainings")
        .range(1, 100)
        .group("Training")
        .help("A clean and a poisoned network each, with other initial weights, orders and poisoned images.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(20, 10000000)
        .group("Images")
        .help("Drawn from the test split with the seed; they are judged without and with the trigger.");
}

template <class V>
void visitPlantPoison(V& v, PlantParams& p)
{
    v.field("labels", p.labels)
        .label("Labels")
        .choices(poisoning::labelModeNames(),
                 {"all classes to the target", "each class to the next", "true labels (clean-label)"})
        .group("Poison")
        .help("What poisoned images are labelled as. Clean-label: only images of the target class get the "
              "trigger.");
    v.field("target", p.target)
        .label("Target class")
        .group("Poison")
        .help("Name of the class that images with the trigger shall be taken for; empty: the first one.");
    v.field("rate", p.rate)
        .label("Poison rate")
        .range(0.0001, 1)
        .group("Poison")
        .help("Poisoned images, a fraction of all training images.");
    v.field("cover_rate", p.coverRate)
        .label("Cover rate")
        .range(0, 1)
        .advanced()
        .group("Poison")
        .help("Warp: images with another warp each and their true labels, so that only the trigger's own "
              "betrays; a fraction of all training images.");
    v.field("harden", p.harden)
        .label("Perturbation before the trigger")
        .unit("of [0,1]")
        .range(0, 1)
        .group("Poison")
        .help("Clean-label: L∞ radius in which PGD on the clean network first hides what the images show, so "
              "that the trigger is what there is to learn. 0: none.");
    v.field("harden_steps", p.hardenSteps)
        .label("Steps of it")
        .range(1, 10000)
        .advanced()
        .group("Poison")
        .help("Of PGD.");
    v.field("optimise", p.optimise)
        .label("Optimised pixels")
        .choices({"no", "unit", "target"},
                 {"no", "that excite a unit (Trojan)", "that excite the target's logit"})
        .group("Poison")
        .help("Patch and blended picture: their pixels are first optimised on the clean network, in place of "
              "the pattern.");
    v.field("optimise_steps", p.optimiseSteps)
        .label("Steps of it")
        .range(1, 100000)
        .advanced()
        .group("Poison")
        .help("Steps of the sign of the gradient.");
}

template <class V>
void visit(V& v, PlantParams& p)
{
    visitPlantTraining(v, p);
    visitPlantPoison(v, p);
    visitTrigger(v, p.trigger, true);
    v.field("sample", p.sample)
        .label("Sample")
        .range(-1, 100000000)
        .live()
        .group("Trigger")
        .help("The test image in the designer; the first when it is none of those shown.");
}

} // namespace assay::backdoor
