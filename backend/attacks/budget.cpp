#include "backend/attacks/budget.h"

#include "backend/attacks/check.h"
#include "backend/protocol/error.h"

namespace assay::attacks {

namespace {

constexpr double kMaxSteps = 100000;
constexpr double kMaxQueries = 1e9;

double widest(Norm norm)
{
    switch (norm) {
    case Norm::L2:
        return 1000;
    case Norm::L1:
        return 1e6;
    case Norm::Linf:
        break;
    }
    return 1;
}

} // namespace

const char* normName(Norm norm)
{
    switch (norm) {
    case Norm::L2:
        return "l2";
    case Norm::L1:
        return "l1";
    case Norm::Linf:
        break;
    }
    return "linf";
}

Norm normFromName(const std::string& name)
{
    for (const Norm norm : {Norm::Linf, Norm::L2, Norm::L1})
        if (name == normName(norm))
            return norm;
    throw Error("there is no norm '" + name + "'", {}, "Known are linf, l2, l1.");
}

void checkBudget(const Budget& budget, const std::string& attack)
{
    checkRange("eps", budget.eps, 0, widest(budget.norm), attack);
    checkRange("steps", budget.steps, 1, kMaxSteps, attack);
    checkRange("step_size", budget.stepSize, 0, widest(budget.norm), attack);
    checkRange("queries", static_cast<double>(budget.queries), 1, kMaxQueries, attack);
}

Json toJson(const Budget& budget)
{
    return {{"norm", normName(budget.norm)},
            {"eps", budget.eps},
            {"steps", budget.steps},
            {"step_size", budget.stepSize},
            {"queries", budget.queries}};
}

} // namespace assay::attacks
