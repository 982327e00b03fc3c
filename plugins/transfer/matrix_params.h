#pragma once

#include "backend/engine/reporting/attack_fields.h"

#include <string>
#include <vector>

namespace assay::transfer {

/// Parameters of `transfer.matrix`.
struct MatrixParams
{
    std::vector<protocol::ModelRef> sources = {
        {"fashion-cnn"}, {"fashion-resnet"}, {"fashion-vgg"}, {"fashion-convmixer"}};
    std::vector<protocol::ModelRef> targets = {
        {"fashion-cnn"}, {"fashion-resnet"}, {"fashion-vgg"}, {"fashion-convmixer"}, {"fashion-mlp"}};
    reporting::AttackedImages images = {.count = 500};
    std::vector<std::string> attacks = {"fgsm", "bim", "mi-fgsm", "dim", "tim"};
    reporting::AttackBudget budget = {.eps = {0.06}, .steps = 10};
    bool targeted = false;
    int resamples = 2000;
    std::string denominator = "correct";
    double viewEps = 0.06;
    std::string viewSource = "fashion-cnn";
    std::string viewTarget = "fashion-resnet";
    std::string viewAttack = "mi-fgsm";
};

template <class V>
void visit(V& v, MatrixParams& p)
{
    const reporting::AttackChoices choices = reporting::attackChoices();
    v.field("sources", p.sources)
        .label("Source models")
        .group("Models")
        .help("Models that the adversarial images are made on.");
    v.field("targets", p.targets)
        .label("Target models")
        .group("Models")
        .help(
            "Models that are shown the images. Where a target is the source itself the cell is a white box.");
    reporting::visitImages(v, p.images, "Drawn from the test split with the seed; all of them are attacked.");
    v.field("attacks", p.attacks)
        .label("Attacks")
        .choices(choices.ids, choices.titles)
        .group("Attack")
        .help("Each makes a matrix of its own; together they are ranked.");
    const reporting::BudgetTexts texts{.eps =
                                           "Radii of the perturbation in the norm above, on pixels in [0,1].",
                                       .queries = "Questions per image of attacks that see answers only."};
    reporting::visitBudget(v, p.budget, texts, choices);
    v.field("targeted", p.targeted)
        .label("Targeted")
        .group("Attack")
        .help("Aim at a wrong class drawn uniformly for each image; success is that class and no other.");
    reporting::visitResamples(v, p.resamples);
    v.field("denominator", p.denominator)
        .label("Rates as fraction of")
        .live()
        .group("View")
        .choices({"all", "correct", "not-aimed"}, {"all attacked", "both correct", "not the aim yet"})
        .help("What counts: all attacked images, those that both models classify correctly before the "
              "attack, or, "
              "for targeted attacks, those that the target model does not take for the aimed class already "
              "(untargeted: as the second).");
    reporting::visitShownEps(v, p.viewEps);
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
