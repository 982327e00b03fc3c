#pragma once

#include "plugins/calibration/compare_params.h"

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
    ShiftedComparison comparison;
};

template <class V>
void visit(V& v, DacParams& p)
{
    v.field("models", p.models)
        .label("Models")
        .group("Models")
        .help("Classifiers with layers: a file of predictions has none to measure density at.");
    v.field("bank", p.bank)
        .label("Training images in the bank")
        .unit("images")
        .range(10, 1000000)
        .group("Density")
        .help("Drawn from the training split with the seed. Distances are measured to them.");
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
    visitComparison(v, p.comparison);
}

} // namespace assay::confidence
