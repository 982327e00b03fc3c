#pragma once

#include "backend/attacks/registry.h"
#include "backend/engine/reporting/attack_fields.h"
#include "backend/protocol/params.h"
#include "plugins/transfer/class_aware.h"

#include <string>
#include <utility>
#include <vector>

namespace assay::transfer {

/// Parameters of `transfer.class-aware`. The initial values are the demonstration: about 1700 images of the
/// pool, seven targets, six radii.
struct ClassAwareParams
{
    std::vector<protocol::ModelRef> sources = {{"fashion-cnn"}};
    std::vector<protocol::ModelRef> targets = {
        {"fashion-cnn-early"}, {"fashion-cnn-reorder"}, {"fashion-cnn-reinit"}, {"fashion-resnet"},
        {"fashion-vgg"},       {"fashion-convmixer"},   {"fashion-mlp"}};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 2000;
    std::string attack = "pgd";
    std::string norm = "l2";
    std::vector<double> eps = {0.5, 1, 1.5, 2, 2.5, 3};
    int steps = 10;
    double stepSize = 0;
    Json attackParams = Json::object();
    bool targeted = false;
    int distanceCount = 500;
    std::string denominator = "fooled";
    double viewEps = 2;
    std::string viewSource = "fashion-cnn";
    std::string viewTarget = "fashion-cnn-reinit";
    int viewImage = -1;
};

/// Ids and titles of the attacks that the study can take: those that follow a network's gradient in one of
/// its norms, scripted ones included. Whoever only asks questions has no source whose mistakes to compare.
std::pair<std::vector<std::string>, std::vector<std::string>> classAwareAttacks();
/// What each of them can be told beyond the budget; none starts at random unless it is told to.
std::vector<protocol::ObjectPart> classAwareParts();

template <class V>
void visit(V& v, ClassAwareParams& p)
{
    const auto [attackIds, attackTitles] = classAwareAttacks();
    v.field("sources", p.sources)
        .label("Source models")
        .group("Models")
        .help("Models whose gradients make the adversarial examples.");
    v.field("targets", p.targets)
        .label("Target models")
        .group("Models")
        .help("Models that are shown the examples. A source that is also listed here is not its own target.");
    reporting::visitImages(
        v, p,
        "Drawn from the test split with the seed. Those that every model classifies correctly are the pool; "
        "have 1000 or more in it: a rate of 5 % then has an interval of about ±1.4 points.");
    v.field("attack", p.attack)
        .label("Attack")
        .choices(attackIds, attackTitles)
        .group("Attack")
        .help(
            "How the source model's gradient is followed, from the image itself; scripted attacks are among "
            "them. The way of attacks that do not tell their steps is not drawn.");
    v.field("norm", p.norm)
        .label("Norm")
        .choices({"l2", "linf"}, {"L2", "L∞"})
        .group("Attack")
        .help("How the size of a perturbation is measured; the published charts use L2.");
    v.field("eps", p.eps)
        .label("ε")
        .unit("of [0,1]")
        .range(1e-4, 1000)
        .group("Attack")
        .help(
            "Radii of the perturbation in the norm above, on pixels in [0,1]. Fashion-MNIST: 0.5 to 3 in L2, "
            "0.02 to 0.2 in L∞.");
    v.field("steps", p.steps)
        .label("Steps")
        .range(1, 1000)
        .group("Attack")
        .help("Gradient steps; FGSM takes one.");
    v.field("step_size", p.stepSize)
        .label("Step size")
        .unit("of [0,1]")
        .range(0, 1000)
        .advanced()
        .group("Attack")
        .help("0 takes the attack's own: ε/5 for L2, ε/4 for L∞ PGD, ε/steps for MI-FGSM.");
    reporting::visitAttackParams(v, p.attackParams, classAwareParts(), {"attack"});
    v.field("targeted", p.targeted)
        .label("Targeted")
        .group("Attack")
        .help("Aim at a wrong class drawn uniformly for each image. Outcomes still use the class the source "
              "really "
              "predicts; how often the aimed class is hit is listed apart.");
    v.field("distance_count", p.distanceCount)
        .label("Images for distances")
        .unit("images")
        .range(1, 100000)
        .advanced()
        .group("Similarity")
        .help("Boundary distances are averaged over the first this many of the pool.");
    v.field("denominator", p.denominator)
        .label("Bars as fraction of")
        .live()
        .group("View")
        .choices({"fooled", "attacked"}, {"images that fool the source", "all attacked images"})
        .help("The definition uses the images that fool the source. Tables always do.");
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
        .help("The first source is shown when this is none of them.");
    v.field("view_target", p.viewTarget)
        .label("Shown target")
        .live()
        .valuesFrom("targets")
        .group("View")
        .help("The most similar target is shown when this is none of them.");
    v.field("view_image", p.viewImage)
        .label("Mapped image")
        .unit("test image")
        .range(-1, 1e9)
        .live()
        .group("View")
        .help("Number of the test image in whose surroundings the decision maps are drawn. -1, or an image "
              "outside "
              "the pool, takes the first that the pair mistakes for different classes.");
}

inline attacks::Budget attackBudget(const ClassAwareParams& p, double eps)
{
    return {.norm = attacks::normFromName(p.norm), .eps = eps, .steps = p.steps, .stepSize = p.stepSize};
}

/// The attack's own parameters: what the user says, and else everything starts at the image, as in the
/// published charts.
Json attackParameters(const ClassAwareParams& p);

inline Denominator denominator(const ClassAwareParams& p)
{
    return p.denominator == "attacked" ? Denominator::Attacked : Denominator::Fooled;
}

} // namespace assay::transfer
