#pragma once

#include "backend/attacks/registry.h"
#include "backend/protocol/params.h"

#include <string>
#include <utility>
#include <vector>

namespace assay::transfer {

/// Parameters of `transfer.matrix`.
struct MatrixParams
{
    std::vector<protocol::ModelRef> sources = {
        {"fashion-cnn"}, {"fashion-resnet"}, {"fashion-vgg"}, {"fashion-convmixer"}};
    std::vector<protocol::ModelRef> targets = {
        {"fashion-cnn"}, {"fashion-resnet"}, {"fashion-vgg"}, {"fashion-convmixer"}, {"fashion-mlp"}};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 500;
    std::vector<std::string> attacks = {"fgsm", "bim", "mi-fgsm", "dim", "tim"};
    std::string norm = "linf";
    std::vector<double> eps = {0.06};
    int steps = 10;
    double stepSize = 0;
    int queries = 1000;
    bool targeted = false;
    int resamples = 2000;
    std::string denominator = "correct";
    double viewEps = 0.06;
    std::string viewSource = "fashion-cnn";
    std::string viewTarget = "fashion-resnet";
    std::string viewAttack = "mi-fgsm";
};

/// Ids and titles of the attacks registered now, scripted ones included.
inline std::pair<std::vector<std::string>, std::vector<std::string>> registeredAttacks()
{
    std::pair<std::vector<std::string>, std::vector<std::string>> choices;
    for (const attacks::AttackInfo& info : attacks::attacks().list()) {
        choices.first.push_back(info.id);
        choices.second.push_back(info.title);
    }
    return choices;
}

template <class V>
void visit(V& v, MatrixParams& p)
{
    const auto [ids, titles] = registeredAttacks();
    v.field("sources", p.sources)
        .label("Source models")
        .group("Models")
        .help("Models that the adversarial images are made on.");
    v.field("targets", p.targets)
        .label("Target models")
        .group("Models")
        .help(
            "Models that are shown the images. Where a target is the source itself the cell is a white box.");
    v.field("dataset", p.dataset).label("Images").group("Images").help("The test split is attacked.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(1, 1000000)
        .group("Images")
        .help("Drawn from the test split with the seed; all of them are attacked.");
    v.field("attacks", p.attacks)
        .label("Attacks")
        .choices(ids, titles)
        .group("Attack")
        .help("Each makes a matrix of its own; together they are ranked.");
    v.field("norm", p.norm)
        .label("Norm")
        .choices({"linf", "l2", "l1"}, {"L∞", "L2", "L1"})
        .group("Attack")
        .help("How the size of a perturbation is measured.");
    v.field("eps", p.eps)
        .label("ε")
        .unit("of [0,1]")
        .range(1e-6, 10000)
        .group("Attack")
        .help("Radii of the perturbation in the norm above, on pixels in [0,1].");
    v.field("steps", p.steps)
        .label("Steps")
        .range(1, 100000)
        .group("Attack")
        .help("Gradient steps; FGSM takes one.");
    v.field("step_size", p.stepSize)
        .label("Step size")
        .unit("of [0,1]")
        .range(0, 10000)
        .advanced()
        .group("Attack")
        .help("0 takes each method's own.");
    v.field("queries", p.queries)
        .label("Queries")
        .range(1, 1000000)
        .advanced()
        .group("Attack")
        .help("Questions per image of attacks that see answers only.");
    v.field("targeted", p.targeted)
        .label("Targeted")
        .group("Attack")
        .help("Aim at a wrong class drawn uniformly for each image; success is that class and no other.");
    v.field("resamples", p.resamples)
        .label("Bootstrap resamples")
        .range(100, 100000)
        .advanced()
        .group("Statistics")
        .help("How often the images are drawn anew for the bootstrap intervals.");
    v.field("denominator", p.denominator)
        .label("Rates as fraction of")
        .live()
        .group("View")
        .choices({"all", "correct", "not-aimed"}, {"all attacked", "both correct", "not the aim yet"})
        .help("What counts: all attacked images, those that both models classify correctly before the "
              "attack, or, "
              "for targeted attacks, those that the target model does not take for the aimed class already "
              "(untargeted: as the second).");
    v.field("view_eps", p.viewEps)
        .label("Shown ε")
        .unit("of [0,1]")
        .live()
        .valuesFrom("eps")
        .group("View")
        .help("The nearest computed ε is shown.");
    v.field("view_source", p.viewSource)
        .label("Shown source")
        .live()
        .valuesFrom("sources")
        .group("View")
        .help("Row of the cell whose images are shown.");
    v.field("view_target", p.viewTarget)
        .label("Shown target")
        .live()
        .valuesFrom("targets")
        .group("View")
        .help("Column of the cell whose images are shown.");
    v.field("view_attack", p.viewAttack)
        .label("Shown attack")
        .live()
        .valuesFrom("attacks")
        .group("View")
        .help("Matrix of the cell whose images are shown.");
}

} // namespace assay::transfer
