#pragma once

#include "backend/models/architectures/architectures.h"
#include "plugins/calibration/compare_params.h"
#include "plugins/calibration/trained_models.h"

#include <string>
#include <vector>

namespace assay::confidence {

/// Parameters of `calibration.dac`.
struct DacParams
{
    std::vector<protocol::ModelRef> models = {{"fashion-cnn"}, {"fashion-resnet"}, {"fashion-vgg"}};
    int bank = 10000;
    int k = 50;
    bool squared = true;
    std::string loss = "mse";
    std::vector<std::string> calibrators = {"temperature", "ensemble-temperature"};
    TrainedParams trained;
    std::vector<protocol::DatasetRef> ood;
    std::string viewLayer = "temperature";
    ShiftedComparison comparison;
};

template <class V>
void visit(V& v, DacParams& p)
{
    v.field("models", p.models)
        .label("Models")
        .minItems(0)
        .group("Models")
        .help("Classifiers with layers: a file of predictions has none to measure density at.");
    visitTrained(v, p.trained, models::architectureNames());
    v.field("bank", p.bank)
        .label("Training images in the bank")
        .unit("images")
        .range(10, 1000000)
        .group("Density")
        .help("Drawn from the training split with the seed, of models trained here from the images that they "
              "saw. Distances are measured to them.");
    v.field("k", p.k)
        .label("Neighbour")
        .range(1, 10000)
        .group("Density")
        .help("The distance to this many-th nearest training image is the score of a layer; 1 is what the "
              "authors' code computes, whatever it is told.");
    v.field("squared", p.squared)
        .label("Squared distances")
        .advanced()
        .group("Density")
        .help("As the authors' index gives them; else their roots.");
    v.field("loss", p.loss)
        .label("Loss of the fit")
        .choices({"mse", "nll"}, {"Mean square", "Negative log likelihood"})
        .advanced()
        .group("Density")
        .help("What the weights of the layers minimise, and the temperatures they are compared with.");
    std::vector<std::string> ids, titles;
    for (const calibration::CalibratorKind& kind : calibration::calibratorKinds()) {
        if (!kind.preservesAccuracy || kind.id == "none")
            continue;
        ids.push_back(kind.id);
        titles.push_back(kind.title);
    }
    v.field("calibrators", p.calibrators)
        .label("Combined with")
        .choices(ids, titles)
        .group("Density")
        .help("Calibrators that keep every class, alone and on logits divided by the density's temperature. "
              "One temperature is always among them.");
    v.field("ood", p.ood)
        .label("Out of distribution")
        .minItems(0)
        .advanced()
        .group("Images")
        .help("Data sets of other things, whose test images are scaled to those of the models. Shuffled "
              "patches of the clean images are always looked at.");
    visitComparison(v, p.comparison);
    v.field("view_layer", p.viewLayer)
        .label("Shown layer")
        .live()
        .group("View")
        .help("The layer whose score stands beside the confidence; a click on a layer's bar sets it. The "
              "temperature is shown when this is none of the layers.");
}

} // namespace assay::confidence
