#include "backend/attacks/apgd.h"

#include "backend/attacks/apgd_run.h"
#include "backend/attacks/check.h"

#include <algorithm>

namespace assay::attacks {

namespace {

constexpr double kMostApgdTries = 1000;

} // namespace

std::vector<int> apgdCheckpoints(int steps)
{
    const auto share = [&](double fraction) { return std::max(static_cast<int>(fraction * steps), 1); };
    const int least = share(0.06);
    const int shorter = share(0.03);
    std::vector<int> checkpoints;
    int period = share(0.22);
    for (int at = period; at <= steps; at += period) {
        checkpoints.push_back(at);
        period = std::max(period - shorter, least);
    }
    return checkpoints;
}

std::vector<int> apgdSparseCheckpoints(int steps)
{
    const int period = std::max(static_cast<int>(0.04 * steps), 1);
    std::vector<int> checkpoints;
    for (int at = period; at <= steps; at += period)
        checkpoints.push_back(at);
    return checkpoints;
}

Apgd::Apgd(std::string name, const ApgdOptions& options)
    : TaskAttack(std::move(name), {Norm::Linf, Norm::L2, Norm::L1})
    , m_options(options)
{
    checkRange("restarts", options.restarts, 1, kMostApgdTries, this->name());
    checkRange("target_classes", options.targetClasses, 1, kMostApgdTries, this->name());
    checkRange("rho", options.rho, 0, 1, this->name());
}

std::int64_t Apgd::imageSteps(const Source& source, const Budget& budget, const Context& context) const
{
    return std::int64_t(budget.steps) * apgdTries(m_options, source.classCount(), context.target.has_value());
}

void Apgd::attackTask(AttackTask& task) const
{
    ApgdRun(task, m_options).run();
}

} // namespace assay::attacks
