#pragma once

#include "backend/protocol/params.h"

#include <string>
#include <vector>

namespace assay::transfer {

/// Parameters of `transfer.non-robust-features`.
struct NonRobustParams
{
    protocol::ModelRef source = {"fashion-cnn"};
    protocol::ModelRef target = {"fashion-cnn-reinit"};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 20000;
    double eps = 2;
    int steps = 40;
    double stepSize = 0;
    std::vector<std::string> learners = {"small_cnn", "resnet"};
    int epochs = 8;
    double learningRate = 0.05;
    bool controls = true;
    bool sameMistake = false;
};

template <class V>
void visit(V& v, NonRobustParams& p)
{
    v.field("source", p.source).label("Model F1").group("Models").help("Is led to the class t1.");
    v.field("target", p.target)
        .label("Model F2")
        .group("Models")
        .help("Is led to the class t2 by the same image.");
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("Training images are altered; the unaltered test split measures what was learnt.");
    v.field("count", p.count)
        .label("Training images")
        .unit("images")
        .range(100, 1000000)
        .group("Images")
        .help("Drawn from the training split with the seed. Take 20000 or more for accuracies well above "
              "chance.");
    v.field("eps", p.eps)
        .label("ε (L2)")
        .unit("of [0,1]")
        .range(1e-4, 1000)
        .step(0.1)
        .group("Attack")
        .help("Radius of the perturbation. Large enough that most images reach both classes.");
    v.field("steps", p.steps).label("Steps").range(1, 1000).group("Attack").help("Gradient steps per image.");
    v.field("step_size", p.stepSize)
        .label("Step size")
        .unit("of [0,1]")
        .range(0, 1000)
        .advanced()
        .group("Attack")
        .help("0 takes ε/5.");
    v.field("learners", p.learners)
        .label("Learners")
        .group("Training")
        .choices({"small_cnn", "resnet", "vgg", "convmixer", "mlp"},
                 {"Small CNN", "Residual network", "VGG-like", "ConvMixer", "MLP"})
        .help("Architectures that are trained from scratch on each set.");
    v.field("epochs", p.epochs).label("Epochs").range(1, 200).group("Training").help("Passes over each set.");
    v.field("learning_rate", p.learningRate)
        .label("Learning rate")
        .range(1e-5, 10)
        .advanced()
        .group("Training")
        .help("Of SGD with momentum 0.9, falling linearly to 0.");
    v.field("controls", p.controls)
        .label("Controls")
        .group("Controls")
        .help("Also train on the same images with permuted labels, and on noise of the same size instead of "
              "the "
              "attack: both must stay near chance.");
    v.field("same_mistake", p.sameMistake)
        .label("Same-mistake set")
        .group("Controls")
        .help("Also build images that lead both models to one class, and train on them.");
}

} // namespace assay::transfer
