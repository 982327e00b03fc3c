#include "backend/attacks/hop_skip_jump.h"

#include "backend/attacks/check.h"
#include "backend/attacks/hop_skip_jump_run.h"
#include "backend/protocol/error.h"

namespace assay::attacks {

namespace {

constexpr double kMostProbes = 1e6;

} // namespace

HopSkipJump::HopSkipJump(std::string name, const HopSkipJumpOptions& options)
    : TaskQueryAttack(std::move(name), {Norm::L2, Norm::Linf})
    , m_options(options)
{
    checkRange("first_evaluations", options.firstEvaluations, 1, kMostProbes, this->name());
    checkRange("most_evaluations", options.mostEvaluations, 1, kMostProbes, this->name());
    checkRange("gamma", options.gamma, 1e-6, 1e6, this->name());
    checkRange("start_tries", options.startTries, 1, kMostProbes, this->name());
}

void HopSkipJump::check(const Context& context) const
{
    if (context.target)
        throw Error("cannot aim at classes: it would have to start from an image of each", name(),
                    "Choose an attack that can, or leave the target out.");
}

void HopSkipJump::attackTask(QueryTask& task) const
{
    HopSkipJumpRun(task, m_options).run();
}

} // namespace assay::attacks
