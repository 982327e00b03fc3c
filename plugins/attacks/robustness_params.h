#pragma once

#include "backend/attacks/registry.h"
#include "backend/protocol/params.h"

#include <string>
#include <vector>

namespace assay::robustness {

/// Parameters of `attacks.robustness`.
struct RobustnessParams
{
    std::vector<protocol::ModelRef> models = {{"fashion-cnn"}, {"fashion-mlp"}};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 1000;
    std::vector<std::string> attacks = {"fgsm", "pgd"};
    std::string norm = "linf";
    std::vector<double> eps = {0.01, 0.02, 0.04, 0.06, 0.08, 0.1};
    int steps = 20;
    double stepSize = 0;
    int queries = 1000;
    std::string stepsAttack = "pgd";
    std::vector<int> stepsList = {1, 2, 5, 10, 20, 40};
    double stepsEps = 0.04;
    bool checks = true;
    int checkCount = 100;
    std::string viewModel = "fashion-cnn";
    std::string viewAttack = "pgd";
    double viewEps = 0.04;
};

/// Ids and titles of the attacks that are registered now, scripted ones included.
inline std::pair<std::vector<std::string>, std::vector<std::string>> attackChoices()
{
    std::pair<std::vector<std::string>, std::vector<std::string>> choices;
    for (const attacks::AttackInfo& info : attacks::attacks().list()) {
        choices.first.push_back(info.id);
        choices.second.push_back(info.title);
    }
    return choices;
}

template <class V>
void visit(V& v, RobustnessParams& p)
{
    const auto [ids, titles] = attackChoices();
    v.field("models", p.models).label("Models").group("Models").help("Each gets a curve per attack.");
    v.field("dataset", p.dataset).label("Images").group("Images").help("The test split is attacked.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(1, 1000000)
        .group("Images")
        .help("Drawn from the test split with the seed. The run begins with a sixteenth of them and doubles: "
              "the "
              "curves are there early, and their intervals shrink as the run goes on.");
    v.field("attacks", p.attacks)
        .label("Attacks")
        .choices(ids, titles)
        .group("Attack")
        .help("Accuracy is measured under each of them. Strong evaluation takes AutoAttack.");
    v.field("norm", p.norm)
        .label("Norm")
        .choices({"linf", "l2", "l1"}, {"L∞", "L2", "L1"})
        .group("Attack")
        .help("How the size of a perturbation is measured.");
    v.field("eps", p.eps)
        .label("ε")
        .unit("of [0,1]")
        .range(0, 10000)
        .group("Attack")
        .help("Radii of the curve, in the norm above, on pixels in [0,1]. The clean accuracy stands at 0.");
    v.field("steps", p.steps)
        .label("Steps")
        .range(1, 100000)
        .group("Attack")
        .help("Gradient steps of iterative attacks.");
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
        .group("Attack")
        .help("Questions per image of attacks that see answers only, Square of the checks included.");
    v.field("steps_attack", p.stepsAttack)
        .label("Attack over steps")
        .choices(ids, titles)
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
    v.field("view_eps", p.viewEps)
        .label("Shown ε")
        .unit("of [0,1]")
        .live()
        .valuesFrom("eps")
        .group("View")
        .help("The nearest computed ε is shown.");
}

} // namespace assay::robustness
