#include "backend/attacks/fab.h"

#include "backend/attacks/check.h"
#include "backend/attacks/fab_run.h"

namespace assay::attacks {

namespace {

constexpr double kMostFabTries = 1000;

} // namespace

Fab::Fab(std::string name, const FabOptions& options)
    : TaskAttack(std::move(name), {Norm::Linf, Norm::L2, Norm::L1})
    , m_options(options)
{
    checkRange("restarts", options.restarts, 1, kMostFabTries, this->name());
    checkRange("target_classes", options.targetClasses, 1, kMostFabTries, this->name());
    checkRange("alpha_max", options.alphaMax, 0, 1, this->name());
    checkRange("eta", options.eta, 1, 2, this->name());
    checkRange("beta", options.beta, 0, 1, this->name());
}

std::int64_t Fab::imageSteps(const Source& source, const Budget& budget, const Context& context) const
{
    return std::int64_t(budget.steps) * fabTries(m_options, source.classCount(), context.target.has_value());
}

void Fab::attackTask(AttackTask& task) const
{
    FabRun(task, m_options).run();
}

} // namespace assay::attacks
