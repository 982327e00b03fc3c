#pragma once

#include "backend/engine/reporting/attack_fields.h"

#include <string>
#include <vector>

namespace assay::robustness {

/// Parameters of `attacks.robustness`.
struct RobustnessParams
{
    std::vector<protocol::ModelRef> models = {{"fashion-cnn"}, {"fashion-mlp"}};
    reporting::AttackedImages images = {.count = 1000};
    std::vector<std::string> attacks = {"fgsm", "pgd"};
    reporting::AttackBudget budget = {.eps = {0.01, 0.02, 0.04, 0.06, 0.08, 0.1}, .steps = 20};
    std::string stepsAttack = "pgd";
    std::vector<int> stepsList = {1, 2, 5, 10, 20, 40};
    double stepsEps = 0.04;
    bool checks = true;
    int checkCount = 100;
    std::string viewModel = "fashion-cnn";
    std::string viewAttack = "pgd";
    double viewEps = 0.04;
};

template <class V>
void visit(V& v, RobustnessParams& p)
{
    const reporting::AttackChoices choices = reporting::attackChoices();
    v.field("models", p.models).label("Models").group("Models").help("Each gets a curve per attack.");
    reporting::visitImages(v, p.images,
                           "Drawn from the test split with the seed. The run begins with a sixteenth of them "
                           "and doubles: the curves are there early, and their intervals shrink as the run "
                           "goes on.");
    v.field("attacks", p.attacks)
        .label("Attacks")
        .choices(choices.ids, choices.titles)
        .group("Attack")
        .help("Accuracy is measured under each of them. Strong evaluation takes AutoAttack.");
    const reporting::BudgetTexts texts{
        .eps = "Radii of the curve, in the norm above, on pixels in [0,1]. The clean accuracy stands at 0.",
        .steps = "Gradient steps of iterative attacks.",
        .queries = "Questions per image of attacks that see answers only, Square of the checks included.",
        .queriesFolded = false,
        .lowestEps = 0,
        .attackFields = {"attacks", "steps_attack"}};
    reporting::visitBudget(v, p.budget, texts, choices);
    v.field("steps_attack", p.stepsAttack)
        .label("Attack over steps")
        .choices(choices.ids, choices.titles)
        .group("Steps")
        .help("The attack whose number of steps is varied, and that the checks take as the iterative one.");
    v.field("steps_list", p.stepsList)
        .label("Numbers of steps")
        .range(1, 100000)
        .group("Steps")
        .help("Accuracy is measured after each.");
    v.field("steps_eps", p.stepsEps)
        .label("ε over steps")
        .unit("of [0,1]")
        .range(1e-6, 10000)
        .group("Steps")
        .help("Radius of the accuracy over steps and of the checks.");
    v.field("checks", p.checks)
        .label("Check for masked gradients")
        .group("Checks")
        .help("Attacks the first images once more in one step, without gradients, and without a bound: a "
              "model that "
              "only hides its gradients gives itself away.");
    v.field("check_count", p.checkCount)
        .label("Images of the checks")
        .unit("images")
        .range(1, 100000)
        .advanced()
        .group("Checks")
        .help("Taken from the front of the drawn images.");
    v.field("view_model", p.viewModel)
        .label("Shown model")
        .live()
        .valuesFrom("models")
        .group("View")
        .help("The first model is shown when this is none of them.");
    v.field("view_attack", p.viewAttack)
        .label("Shown attack")
        .live()
        .valuesFrom("attacks")
        .group("View")
        .help("The last attack is shown when this is none of them.");
    reporting::visitShownEps(v, p.viewEps);
}

} // namespace assay::robustness
