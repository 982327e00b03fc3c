#pragma once

#include "backend/attacks/mask_search.h"
#include "backend/attacks/registry.h"
#include "backend/protocol/params.h"

#include <string>
#include <utility>
#include <vector>

namespace assay::transfer {

/// Parameters of `transfer.patchwise-mask`: those of the method are the small-image preset, with the
/// published number of generations.
struct PatchParams
{
    protocol::ModelRef source = {"fashion-mlp"};
    std::vector<protocol::ModelRef> simulated = {{"fashion-cnn"}, {"fashion-vgg"}, {"fashion-convmixer"}};
    std::vector<protocol::ModelRef> targets = {
        {"fashion-cnn-reinit"}, {"fashion-resnet"}, {"fashion-cnn-reorder"}};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 120;
    std::string attack = "mi-fgsm";
    std::string norm = "linf";
    double eps = 0.14;
    int steps = 10;
    double stepSize = 0;
    int patch = 4;
    double dropRate = 0.1;
    int population = 20;
    int generations = 10;
    int masksPerStep = 12;
    std::vector<int> maskCounts = {1, 4, 12};
    int resamples = 2000;
};

/// Ids and titles of the attacks that follow a gradient.
inline std::pair<std::vector<std::string>, std::vector<std::string>> gradientAttackChoices()
{
    std::pair<std::vector<std::string>, std::vector<std::string>> choices;
    for (const attacks::AttackInfo& info : attacks::attacks().list()) {
        if (!info.gradient)
            continue;
        choices.first.push_back(info.id);
        choices.second.push_back(info.title);
    }
    return choices;
}

template <class V>
void visit(V& v, PatchParams& p)
{
    const auto [ids, titles] = gradientAttackChoices();
    v.field("source", p.source)
        .label("Source model")
        .group("Models")
        .help("Its gradients make the adversarial images.");
    v.field("simulated", p.simulated)
        .label("Simulated targets")
        .group("Models")
        .help("The search for masks sees how well images fool these. Use models that nobody attacks in "
              "earnest.");
    v.field("targets", p.targets)
        .label("Held-out targets")
        .group("Models")
        .help("Judged only at the end. A model cannot be simulated and held out at once.");
    v.field("dataset", p.dataset).label("Images").group("Images").help("The test split is attacked.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(1, 100000)
        .group("Images")
        .help("Drawn from the test split with the seed. Those that every model classifies correctly are "
              "attacked.");
    v.field("attack", p.attack)
        .label("Attack")
        .choices(ids, titles)
        .group("Attack")
        .help("The gradient attack that masks are combined with, in the search and in the end.");
    v.field("norm", p.norm)
        .label("Norm")
        .choices({"linf", "l2"}, {"L∞", "L2"})
        .group("Attack")
        .help("How the size of a perturbation is measured.");
    v.field("eps", p.eps)
        .label("ε")
        .unit("of [0,1]")
        .range(1e-6, 1000)
        .group("Attack")
        .help("Radius of the perturbation in the norm above, on pixels in [0,1].");
    v.field("steps", p.steps)
        .label("Steps")
        .range(1, 1000)
        .group("Attack")
        .help("Gradient steps, as in the search.");
    v.field("step_size", p.stepSize)
        .label("Step size")
        .unit("of [0,1]")
        .range(0, 1000)
        .advanced()
        .group("Attack")
        .help("0 takes the attack's own: ε/steps for the momentum attacks.");
    v.field("patch", p.patch)
        .label("Patch")
        .unit("pixels")
        .range(1, 1024)
        .group("Masks")
        .help("Side of a patch. Pixels that are left over at the right and below are never masked.");
    v.field("drop_rate", p.dropRate)
        .label("Dropped patches")
        .unit("fraction")
        .range(0, 0.95)
        .group("Masks")
        .help("Fraction of the patches that a fresh mask blackens, rounded down.");
    v.field("population", p.population)
        .label("Population")
        .unit("masks")
        .range(2, 1000)
        .group("Masks")
        .help("Masks kept for each image. The publication has 40.");
    v.field("generations", p.generations)
        .label("Generations")
        .range(0, 1000)
        .group("Masks")
        .help("Many more than the published 10 fit the simulated models too closely.");
    v.field("masks_per_step", p.masksPerStep)
        .label("Masks per step")
        .range(1, 1000)
        .group("Masks")
        .help("Each step averages the gradient over this many masks of the population.");
    v.field("mask_counts", p.maskCounts)
        .label("Compared masks per step")
        .range(1, 1000)
        .advanced()
        .group("Masks")
        .help("Success is also measured with these numbers of learned masks per step.");
    v.field("resamples", p.resamples)
        .label("Bootstrap resamples")
        .range(100, 100000)
        .advanced()
        .group("Statistics")
        .help("How often the images are drawn anew for the intervals of differences.");
}

inline attacks::MaskSearchSpec maskSearchSpec(const PatchParams& p)
{
    return {
        .patch = p.patch, .dropRate = p.dropRate, .population = p.population, .generations = p.generations};
}

} // namespace assay::transfer
