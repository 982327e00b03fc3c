#include "backend/attacks/auto_attack.h"

#include "backend/attacks/apgd.h"
#include "backend/attacks/check.h"
#include "backend/attacks/fab.h"
#include "backend/attacks/square.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <memory>

namespace assay::attacks {

namespace {

constexpr std::int64_t kUnfooled = -2;
constexpr std::int64_t kWrongBefore = -1;
/// Progress of one attack of the sequence, in units per sample.
constexpr std::int64_t kUnits = 100;
// Of APGD in the sequence for L1.
constexpr int kL1Restarts = 5;
constexpr int kL1TargetClasses = 5;

struct SequenceStage
{
    std::string id;
    std::unique_ptr<const Attack> attack;
};

std::vector<SequenceStage> standardSequence(const AutoAttackOptions& options, Norm norm)
{
    ApgdOptions plain;
    ApgdOptions targeted{.loss = ApgdLoss::DlrTargeted, .targetClasses = options.targetClasses};
    if (norm == Norm::L1) {
        plain.restarts = kL1Restarts;
        targeted.targetClasses = std::min(options.targetClasses, kL1TargetClasses);
        plain.shrinkingRadius = targeted.shrinkingRadius = true;
    }
    std::vector<SequenceStage> all;
    all.push_back({"apgd-ce", std::make_unique<Apgd>("apgd-ce", plain)});
    all.push_back({"apgd-t", std::make_unique<Apgd>("apgd-t", targeted)});
    all.push_back(
        {"fab-t", std::make_unique<Fab>(
                      "fab-t", FabOptions{.targeted = true, .targetClasses = options.targetClasses})});
    all.push_back({"square", std::make_unique<Square>("square", SquareOptions{.rescale = false})});
    return all;
}

/// bool [N] on the CPU: the source gives the label.
torch::Tensor rightOnes(const Source& source, const torch::Tensor& x, const torch::Tensor& y)
{
    torch::Tensor right = torch::zeros({x.size(0)}, torch::kBool);
    const std::int64_t chunk = models::chunkImages(x);
    models::forEachChunk(x.size(0), chunk, source.device(), [&](std::int64_t first, std::int64_t n) {
        const torch::NoGradGuard off;
        const torch::Tensor logits = source.logits(x.narrow(0, first, n));
        right.narrow(0, first, n).copy_(fooled(logits, y.narrow(0, first, n), false).logical_not());
    });
    return right;
}

AttackHooks stageHooks(const AttackHooks& hooks, std::int64_t stage, std::int64_t count, std::size_t stages)
{
    AttackHooks inner;
    inner.checkpoint = hooks.checkpoint;
    if (hooks.progress)
        inner.progress = [&hooks, stage, count, stages](std::int64_t done, std::int64_t total) {
            const double share = total > 0 ? double(done) / double(total) : 1;
            const double reached = double(stage) + share;
            hooks.progress(static_cast<std::int64_t>(reached * double(count * kUnits)),
                           count * kUnits * std::int64_t(stages));
        };
    return inner;
}

} // namespace

AutoAttack::AutoAttack(std::string name, const AutoAttackOptions& options)
    : m_name(std::move(name))
    , m_options(options)
{
    checkRange("steps", options.steps, 1, 1e5, m_name);
    checkRange("target_classes", options.targetClasses, 1, 1000, m_name);
    checkRange("queries", double(options.queries), 1, 1e9, m_name);
}

Budget AutoAttack::resolved(const Budget& given) const
{
    Budget budget = given;
    checkBudget(budget, m_name);
    checkNorm(budget.norm, {Norm::Linf, Norm::L2, Norm::L1}, m_name);
    budget.steps = m_options.steps;
    budget.stepSize = 0;
    budget.queries = m_options.queries;
    return budget;
}

AttackResult AutoAttack::run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                             const Budget& budget, const Context& context) const
{
    return evaluate(source, x, y, budget, context).result;
}

AutoAttackReport AutoAttack::evaluate(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                                      const Budget& given, const Context& context) const
{
    const Budget budget = resolved(given);
    source.requireGradients(m_name);
    checkInputs(x, y, source.classCount(), source.models().front()->name(), context, m_name);
    if (context.target)
        throw Error("cannot aim at classes", m_name,
                    "Choose one attack of its sequence, or leave the target out.");

    const std::int64_t count = x.size(0);
    const torch::Tensor clean = x.detach().to(source.device()).contiguous();
    const torch::Tensor labels = y.to(source.device());
    const torch::Tensor samples = sampleNumbers(context, count, source.device());
    const auto rate = [&](const torch::Tensor& flags) {
        return count > 0 ? flags.sum().item<double>() / double(count) : 0.0;
    };
    AutoAttackReport report;
    torch::Tensor robust = rightOnes(source, clean, labels);
    report.cleanAccuracy = rate(robust);
    report.result.adversarial = clean.clone();
    report.result.queries = torch::zeros({count}, torch::kInt64);
    report.result.forwardImages = count * source.passes();
    report.fooledBy =
        torch::where(robust, torch::full({count}, kUnfooled), torch::full({count}, kWrongBefore));

    const std::vector<SequenceStage> sequence = standardSequence(m_options, budget.norm);
    for (std::size_t s = 0; s < sequence.size(); ++s) {
        const torch::Tensor rows = robust.nonzero().squeeze(1);
        if (rows.size(0) == 0)
            break;
        const torch::Tensor there = rows.to(source.device());
        Context inner;
        inner.seed = context.seed;
        inner.hooks = stageHooks(context.hooks, std::int64_t(s), count, sequence.size());
        inner.stopWhenFooled = true;
        inner.samples = samples.index_select(0, there);
        const AttackResult part = sequence[s].attack->run(source, clean.index_select(0, there),
                                                          labels.index_select(0, there), budget, inner);
        const torch::Tensor fallen = rows.index_select(0, part.success.nonzero().squeeze(1));
        report.result.adversarial.index_copy_(
            0, fallen.to(source.device()),
            part.adversarial.index_select(0, part.success.nonzero().squeeze(1).to(source.device())));
        robust.index_fill_(0, fallen, false);
        report.fooledBy.index_fill_(0, fallen, std::int64_t(s));
        if (part.queries.defined())
            report.result.queries.index_add_(0, rows, part.queries);
        report.result.forwardImages += part.forwardImages;
        report.result.gradientImages += part.gradientImages;
        report.stages.push_back(
            {.attack = sequence[s].id,
             .attacked = rows.size(0),
             .fooled = fallen.size(0),
             .robustAccuracy = rate(robust),
             .questions = part.queries.defined() ? part.queries.sum().item<std::int64_t>() : 0,
             .forwardImages = part.forwardImages,
             .gradientImages = part.gradientImages});
    }
    report.robustAccuracy = rate(robust);
    report.result.success = robust.logical_not();
    if (context.hooks.progress)
        context.hooks.progress(count * kUnits * std::int64_t(sequence.size()),
                               count * kUnits * std::int64_t(sequence.size()));
    return report;
}

} // namespace assay::attacks
