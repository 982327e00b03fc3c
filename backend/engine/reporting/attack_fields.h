#pragma once

#include "backend/attacks/registry.h"
#include "backend/engine/run_context.h"
#include "backend/protocol/params.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace assay::reporting {

// What the parameters of studies that attack test images have in common: the same names in specs, the same
// words in forms.

/// Attacks that a study lets the user choose from.
struct AttackChoices
{
    std::vector<std::string> ids;
    std::vector<std::string> titles;
    std::vector<protocol::ObjectPart> parameters; ///< what each can be told beyond the budget
};
enum class Attacks { All, Gradient };
/// Of the attacks that are registered now, scripted ones included.
AttackChoices attackChoices(Attacks which = Attacks::All);

struct AttackedImages
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 500;
};

/// How far attacks may go, and what each of them is told beyond that.
struct AttackBudget
{
    std::string norm = "linf";
    std::vector<double> eps;
    int steps = 10;
    double stepSize = 0;
    int queries = 1000;
    Json attackParams = Json::object(); ///< {"mi-fgsm": {"momentum": 0.9}}

    /// The budget at one radius, of @p steps steps or the usual number.
    attacks::Budget at(double eps) const { return at(eps, steps); }
    attacks::Budget at(double eps, int steps) const;
    /// An attack with what attackParams says of it. @throws Error as AttackRegistry::make().
    std::unique_ptr<const attacks::Attack> make(const std::string& id) const;
};

/// The object that @p attackParams holds for an attack; empty when it says nothing.
Json saidOf(const Json& attackParams, const std::string& id);

/// What studies say of the budget in words of their own.
struct BudgetTexts
{
    std::string eps;
    std::string steps = "Gradient steps; FGSM takes one.";
    std::string queries; ///< empty: the study asks no questions, and there is no such field
    bool queriesFolded = true;
    double lowestEps = 1e-6;
    std::vector<std::string> norms = {"linf", "l2", "l1"};
    std::vector<std::string> attackFields = {"attacks"}; ///< those that hold ids of attacks
};

/// "L∞", "L2", "L1".
std::string normText(const std::string& norm);
/// "MI-FGSM" for the id; the id itself where the attack is gone.
std::string attackTitle(const std::string& id);

/// @tparam P has `dataset` and `count`, as AttackedImages.
template <class V, class P>
void visitImages(V& v, P& p, const char* countHelp)
{
    v.field("dataset", p.dataset).label("Images").group("Images").help("The test split is attacked.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(1, 1000000)
        .group("Images")
        .help(countHelp);
}

/// What attacks are told beyond the budget. @param attackFields names of the fields that hold ids of attacks.
template <class V>
void visitAttackParams(V& v, Json& params, std::vector<protocol::ObjectPart> parts,
                       std::vector<std::string> attackFields)
{
    v.field("attack_params", params)
        .label("Parameters of the attacks")
        .parts(std::move(parts))
        .partsFrom(std::move(attackFields))
        .advanced()
        .group("Attack")
        .help("What the chosen attacks can be told beyond the budget, with their defaults.");
}

template <class V>
void visitBudget(V& v, AttackBudget& p, const BudgetTexts& texts, const AttackChoices& choices)
{
    std::vector<std::string> normTitles;
    for (const std::string& norm : texts.norms)
        normTitles.push_back(normText(norm));
    v.field("norm", p.norm)
        .label("Norm")
        .choices(texts.norms, normTitles)
        .group("Attack")
        .help("How the size of a perturbation is measured.");
    v.field("eps", p.eps)
        .label("ε")
        .unit("of [0,1]")
        .range(texts.lowestEps, 10000)
        .group("Attack")
        .help(texts.eps);
    v.field("steps", p.steps).label("Steps").range(1, 100000).group("Attack").help(texts.steps);
    v.field("step_size", p.stepSize)
        .label("Step size")
        .unit("of [0,1]")
        .range(0, 10000)
        .advanced()
        .group("Attack")
        .help("0 takes each method's own.");
    if (!texts.queries.empty()) {
        auto queries = v.field("queries", p.queries)
                           .label("Queries")
                           .range(1, 1000000)
                           .group("Attack")
                           .help(texts.queries);
        if (texts.queriesFolded)
            queries.advanced();
    }
    visitAttackParams(v, p.attackParams, choices.parameters, texts.attackFields);
}

/// A bootstrap's number of resamples.
template <class V>
void visitResamples(V& v, int& resamples)
{
    v.field("resamples", resamples)
        .label("Bootstrap resamples")
        .range(100, 100000)
        .advanced()
        .group("Statistics")
        .help("How often the images are drawn anew for the bootstrap intervals.");
}

template <class V>
void visitShownEps(V& v, double& eps)
{
    v.field("view_eps", eps)
        .label("Shown ε")
        .unit("of [0,1]")
        .live()
        .valuesFrom("eps")
        .group("View")
        .help("The nearest computed ε is shown.");
}

/// Ascending, each value once.
void sortUnique(std::vector<double>& values);
void sortUnique(std::vector<int>& values);
/// Each text once, in the order given.
void keepFirsts(std::vector<std::string>& texts);

/// Table `attack-parameters`: attack, parameter, value, default, of the attacks that a run uses. Says in the
/// log which attacks the user set parameters of in vain.
void emitAttackParams(engine::RunContext& context, const AttackBudget& budget,
                      const std::vector<std::string>& used);

} // namespace assay::reporting
