#pragma once

#include "backend/protocol/params.h"

#include <string>

namespace assay::backdoor {

/// Parameters of `backdoor.invert`.
struct InvertParams
{
    protocol::ModelRef model = {"fashion-badnets"};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int defender = 300;
    int count = 1000;
    int steps = 400;
    int batch = 16;
    int round = 10;
    double rate = 0.1;
    double success = 0.99;
    double lambda = 1e-3;
    double factor = 1.5;
    int patience = 5;
    bool earlyStop = true;
    double threshold = 2;
    bool unlearn = false;
    int unlearnImages = 3000;
    double stamped = 0.2;
    int epochs = 1;
    double unlearnRate = 0.01;
    std::string viewClass;
    int sample = -1;
};

template <class V>
void visitInvertSearch(V& v, InvertParams& p)
{
    v.field("steps", p.steps)
        .label("Most steps")
        .unit("steps")
        .range(10, 1000000)
        .group("Inversion")
        .help("Of Adam, for each class; with an early stop few classes need them all.");
    v.field("batch", p.batch)
        .label("Images of a step")
        .range(1, 10000)
        .group("Inversion")
        .help("Drawn anew for each step, the same for all classes.");
    v.field("round", p.round)
        .label("Steps of a round")
        .range(1, 10000)
        .advanced()
        .group("Inversion")
        .help(
            "After each round the weight of the mask's size is set anew, by the success over the round. The "
            "original's rounds are an epoch.");
    v.field("learning_rate", p.rate)
        .label("Step size")
        .range(1e-5, 10)
        .advanced()
        .group("Inversion")
        .help("Of Adam with betas 0.5 and 0.9, on the arguments of the hyperbolic tangent.");
    v.field("success", p.success)
        .label("Success to be held")
        .range(0.01, 1)
        .group("Inversion")
        .help("A fraction: the mask may shrink while so many images are taken for the class.");
    v.field("lambda", p.lambda)
        .label("First weight of the mask")
        .range(1e-9, 1000)
        .advanced()
        .group("Inversion")
        .help("It is 0 until a trigger is found.");
    v.field("factor", p.factor)
        .label("Factor of the weight")
        .range(1.01, 100)
        .advanced()
        .group("Inversion")
        .help("Up by this factor, down by its power 1.5.");
    v.field("patience", p.patience)
        .label("Patience")
        .unit("rounds")
        .range(1, 1000)
        .advanced()
        .group("Inversion")
        .help("Rounds in a row above or below the success after which the weight changes.");
    v.field("early_stop", p.earlyStop)
        .label("Early stop")
        .advanced()
        .group("Inversion")
        .help("A class ends when its mask has not shrunk by 1 % for twice the patience.");
    v.field("threshold", p.threshold)
        .label("Anomaly index that flags")
        .range(0.1, 100)
        .live()
        .group("Verdict")
        .help("Distance from the median norm in units of 1.4826 MAD; classes on the small side are flagged.");
}

template <class V>
void visit(V& v, InvertParams& p)
{
    v.field("model", p.model).label("Suspect").group("Model").help("A classifier that may have a backdoor.");
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("The test split: some images for the defender, others to judge by.");
    v.field("defender", p.defender)
        .label("The defender's images")
        .range(10, 100000)
        .group("Images")
        .help("Clean test images that triggers are sought with.");
    v.field("count", p.count)
        .label("Judged images")
        .range(10, 1000000)
        .group("Images")
        .help("Other test images, by which success and accuracy are measured.");
    visitInvertSearch(v, p);
    v.field("unlearn", p.unlearn)
        .label("Unlearn the trigger")
        .group("Unlearning")
        .help("Fine-tunes the suspect on clean images, some of which carry the recovered trigger under their "
              "true labels. Of the flagged class with the smallest mask, or the class with the smallest mask "
              "where none is flagged.");
    v.field("unlearn_images", p.unlearnImages)
        .label("Images to fine-tune on")
        .range(10, 10000000)
        .group("Unlearning")
        .help("Drawn from the training split. The original takes a tenth of it.");
    v.field("stamped", p.stamped)
        .label("Fraction with the trigger")
        .range(0, 1)
        .group("Unlearning")
        .help("Of the images to fine-tune on.");
    v.field("epochs", p.epochs).label("Epochs").range(1, 1000).group("Unlearning").help("Of fine-tuning.");
    v.field("unlearn_rate", p.unlearnRate)
        .label("Learning rate")
        .range(1e-6, 10)
        .advanced()
        .group("Unlearning")
        .help("At the start; it falls to 0.");
    v.field("class", p.viewClass)
        .label("Shown class")
        .live()
        .group("Scene")
        .help("Whose recovered trigger lies on the image; empty: the class with the smallest mask.");
    v.field("sample", p.sample)
        .label("Sample")
        .range(-1, 100000000)
        .live()
        .group("Scene")
        .help("Which judged image; the first when it is none of them.");
}

} // namespace assay::backdoor
