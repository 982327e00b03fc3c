#pragma once

#include "backend/attacks/mask_search.h"
#include "backend/engine/reporting/attack_fields.h"

#include <string>
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
    reporting::AttackedImages images = {.count = 120};
    std::string attack = "mi-fgsm";
    reporting::AttackBudget budget = {.eps = {0.06, 0.1, 0.14}, .steps = 10};
    int patch = 4;
    double dropRate = 0.1;
    int population = 20;
    int generations = 10;
    int masksPerStep = 12;
    std::vector<int> maskCounts = {1, 4, 12};
    std::vector<double> dropRates = {0.05, 0.2, 0.4};
    int rateImages = 40;
    int resamples = 2000;
    double viewEps = 0.14;
    double viewStage = 1;
    int viewImage = -1;
};

template <class V>
void visit(V& v, PatchParams& p)
{
    const reporting::AttackChoices choices = reporting::attackChoices(reporting::Attacks::Gradient);
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
    reporting::visitImages(v, p.images,
                           "Drawn from the test split with the seed. Those that every model classifies "
                           "correctly are attacked.");
    v.field("attack", p.attack)
        .label("Attack")
        .choices(choices.ids, choices.titles)
        .group("Attack")
        .help("The gradient attack that masks are combined with, in the search and in the end.");
    const reporting::BudgetTexts texts{
        .eps =
            "Radii of the perturbation in the norm above, on pixels in [0,1]. Masks are searched for at the "
            "largest, and used at all of them.",
        .steps = "Gradient steps, as in the search.",
        .norms = {"linf", "l2"},
        .attackFields = {"attack"}};
    reporting::visitBudget(v, p.budget, texts, choices);
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
    v.field("drop_rates", p.dropRates)
        .label("Compared shares of dropped patches")
        .unit("fraction")
        .range(0, 0.95)
        .advanced()
        .group("Masks")
        .help("Success is also measured with these, beside the one above. Each takes a search of its own.");
    v.field("rate_images", p.rateImages)
        .label("Images of that comparison")
        .unit("images")
        .range(1, 1000000)
        .advanced()
        .group("Masks")
        .help("Taken from the front of the attacked images.");
    reporting::visitResamples(v, p.resamples);
    reporting::visitShownEps(v, p.viewEps);
    v.field("view_stage", p.viewStage)
        .label("Stage of the search")
        .range(0, 1)
        .step(0.05)
        .live()
        .group("View")
        .help("Masks are shown as they were then: 0 is the first, random generation, 1 the last.");
    v.field("view_image", p.viewImage)
        .label("Followed image")
        .range(-1, 1e9)
        .live()
        .group("View")
        .help("Number of the test image whose masks are shown generation by generation. -1, or an image that "
              "is "
              "not among those shown, takes the first.");
}

inline attacks::MaskSearchSpec maskSearchSpec(const PatchParams& p, double dropRate)
{
    return {.patch = p.patch, .dropRate = dropRate, .population = p.population, .generations = p.generations};
}

inline attacks::MaskSearchSpec maskSearchSpec(const PatchParams& p)
{
    return maskSearchSpec(p, p.dropRate);
}

} // namespace assay::transfer
