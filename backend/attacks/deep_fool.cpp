#include "backend/attacks/deep_fool.h"

#include "backend/attacks/boundary.h"
#include "backend/attacks/check.h"
#include "backend/attacks/class_differences.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::attacks {

namespace {

constexpr double kLonger = 1e-4;
constexpr double kMostCandidates = 1e6;

/// The samples still under way, packed.
struct DeepFoolState
{
    torch::Tensor rows; ///< int64: in the group
    torch::Tensor clean;
    torch::Tensor labels;
    torch::Tensor others; ///< int64 [n,m]
    torch::Tensor total;  ///< sum of the steps
    torch::Tensor position;

    void keep(const torch::Tensor& chosen)
    {
        for (torch::Tensor* all : {&rows, &clean, &labels, &others, &total, &position})
            *all = all->index_select(0, chosen);
    }
};

/// The classes of the largest logits without the label, int64 [n, m].
torch::Tensor candidateClasses(const torch::Tensor& logits, const torch::Tensor& labels, std::int64_t count)
{
    const torch::Tensor others =
        logits.scatter(1, labels.unsqueeze(1), -std::numeric_limits<float>::infinity());
    const std::int64_t kept = std::clamp<std::int64_t>(count, 2, logits.size(1)) - 1;
    return std::get<1>(others.sort(/*stable=*/true, 1, /*descending=*/true)).narrow(1, 0, kept);
}

NearestBoundary nearestOf(AttackTask& task, const DeepFoolState& state)
{
    NearestBoundary nearest(task.budget.norm);
    forEachDifference(
        task.source, state.position, state.labels, state.others,
        [&](const torch::Tensor& value, const torch::Tensor& gradient) { nearest.show(value, gradient); });
    const std::int64_t passes = state.position.size(0) * task.source.passes();
    task.forwardImages += passes;
    task.gradientImages += passes * state.others.size(1);
    return nearest;
}

} // namespace

DeepFool::DeepFool(std::string name, const DeepFoolOptions& options)
    : TaskAttack(std::move(name), {Norm::Linf, Norm::L2})
    , m_options(options)
{
    checkRange("overshoot", options.overshoot, 0, 10, this->name());
    checkRange("candidates", options.candidates, 2, kMostCandidates, this->name());
}

std::int64_t DeepFool::imageSteps(const Source&, const Budget& budget, const Context&) const
{
    return budget.steps;
}

void DeepFool::check(const Source&, const Context& context) const
{
    if (context.target)
        throw Error("cannot aim at classes", name(), "Choose an attack that can, or leave the target out.");
}

void DeepFool::attackTask(AttackTask& task) const
{
    torch::Tensor nearest = task.clean.clone();
    torch::Tensor found = torch::zeros_like(task.success);
    torch::Tensor logits = task.logits(task.clean);
    const auto options = task.labels.options();
    DeepFoolState state{.rows = torch::arange(task.count(), options),
                        .clean = task.clean,
                        .labels = task.labels,
                        .others = candidateClasses(logits, task.labels, m_options.candidates),
                        .total = torch::zeros_like(task.clean),
                        .position = task.clean};
    for (int t = 0;; ++t) {
        if (const std::optional<Parting> parting = partedBy(fooled(logits, state.labels, false))) {
            const torch::Tensor rows = state.rows.index_select(0, parting->leaving);
            nearest.index_copy_(0, rows, state.position.index_select(0, parting->leaving));
            found.index_fill_(0, rows, true);
            state.keep(parting->staying);
        }
        if (t == task.budget.steps || state.rows.size(0) == 0)
            break;
        task.hooks.checkpoint();
        torch::Tensor way;
        inParts(state.rows.size(0), task.part, [&](std::int64_t first, std::int64_t n) {
            DeepFoolState part = state;
            part.keep(torch::arange(first, first + n, options));
            const NearestBoundary boundary = nearestOf(task, part);
            const torch::Tensor direction = task.budget.norm == Norm::Linf
                                                ? boundary.gradient().sign()
                                                : unitPerSample(boundary.gradient());
            const torch::Tensor step = direction * perImage(boundary.distance() + kLonger);
            way = way.defined() ? torch::cat({way, step}) : step;
        });
        state.total = state.total + way;
        state.position = (state.clean + (1 + m_options.overshoot) * state.total).clamp_(0, 1);
        task.advance(state.rows.size(0));
        logits = task.logits(state.position);
    }
    nearest.index_copy_(0, state.rows, state.position);
    task.settle(nearest, found);
}

} // namespace assay::attacks
