#include "backend/attacks/carlini_wagner.h"

#include "backend/attacks/carlini_wagner_run.h"
#include "backend/attacks/check.h"

namespace assay::attacks {

namespace {

constexpr double kMostSearches = 100;

} // namespace

CarliniWagner::CarliniWagner(std::string name, const CarliniWagnerOptions& options)
    : TaskAttack(std::move(name), {Norm::L2})
    , m_options(options)
{
    checkRange("search_steps", options.searchSteps, 1, kMostSearches, this->name());
    checkRange("learning_rate", options.learningRate, 1e-6, 10, this->name());
    checkRange("initial_const", options.initialConst, 1e-10, 1e6, this->name());
    checkRange("confidence", options.confidence, 0, 1e6, this->name());
}

std::int64_t CarliniWagner::imageSteps(const Source&, const Budget& budget, const Context&) const
{
    return std::int64_t(budget.steps) * m_options.searchSteps;
}

void CarliniWagner::attackTask(AttackTask& task) const
{
    CarliniWagnerRun(task, m_options).run();
}

} // namespace assay::attacks
