#include "backend/attacks/carlini_wagner_run.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::attacks {

namespace {

constexpr float kNoExample = std::numeric_limits<float>::infinity();
/// Keeps atanh finite at black and white.
constexpr double kInside = 0.9999995;
constexpr double kOpenUpper = 1e10;
constexpr double kOpenBound = 1e9;
constexpr double kStuck = 0.9999;
constexpr int kLooks = 10;
constexpr double kBetaMean = 0.9;
constexpr double kBetaSquare = 0.999;
constexpr double kAdamFloor = 1e-8;
/// With so many values of c or more, the last descent repeats the best one found, as in the original.
constexpr int kRepeatFrom = 10;

torch::Tensor imageOf(const torch::Tensor& w)
{
    return w.tanh().add_(1).mul_(0.5);
}

} // namespace

CarliniWagnerRun::CarliniWagnerRun(AttackTask& task, const CarliniWagnerOptions& options)
    : m_task(task)
    , m_options(options)
    , m_start(task.clean.mul(2).sub_(1).mul_(kInside).atanh_())
    , m_image(imageOf(m_start))
    , m_const(torch::full({task.count()}, options.initialConst, task.clean.options()))
    , m_lower(torch::zeros_like(m_const))
    , m_upper(torch::full_like(m_const, kOpenUpper))
    , m_nearest(task.clean.clone())
    , m_distance(torch::full_like(m_const, kNoExample))
{}

void CarliniWagnerRun::run()
{
    for (int search = 0; search < m_options.searchSteps; ++search) {
        if (m_options.searchSteps >= kRepeatFrom && search + 1 == m_options.searchSteps)
            m_const = torch::where(m_upper.lt(kOpenBound), m_upper, m_const);
        start();
        descend();
        if (m_rows.size(0) > 0)
            leave({.leaving = torch::arange(m_rows.size(0), m_rows.options()),
                   .staying = torch::empty({0}, m_rows.options())});
        adjustConstants();
    }
    m_task.settle(m_nearest, m_distance.isfinite());
}

void CarliniWagnerRun::start()
{
    m_rows = torch::arange(m_task.count(), m_task.labels.options());
    if (m_task.context.stopWhenFooled)
        m_rows = m_distance.sqrt().gt(m_task.budget.eps).nonzero().squeeze(1);
    const auto active = [&](const torch::Tensor& all) { return all.index_select(0, m_rows); };
    m_w = active(m_start);
    m_mean = torch::zeros_like(m_w);
    m_square = torch::zeros_like(m_w);
    m_origin = active(m_image);
    m_classes = active(m_task.classes());
    m_weight = active(m_const);
    m_best = active(m_nearest);
    m_bestDistance = active(m_distance);
    m_found = torch::zeros({m_rows.size(0)}, m_w.options().dtype(torch::kBool));
    m_before = torch::full_like(m_weight, kNoExample);
    m_reached = torch::zeros_like(m_task.success);
}

void CarliniWagnerRun::descend()
{
    const int interval = std::max(m_task.budget.steps / kLooks, 1);
    for (int t = 0; t < m_task.budget.steps && m_rows.size(0) > 0; ++t) {
        m_task.hooks.checkpoint();
        const std::int64_t active = m_rows.size(0);
        const torch::Tensor objective = iterate(t);
        m_task.advance(active);
        if (t % interval != 0)
            continue;
        torch::Tensor done = torch::zeros_like(m_found);
        if (m_options.abortEarly)
            done = objective.gt(m_before * kStuck);
        if (m_task.context.stopWhenFooled)
            done = done.logical_or(m_bestDistance.sqrt().le(m_task.budget.eps));
        m_before = objective;
        if (const std::optional<Parting> parting = partedBy(done))
            leave(*parting);
    }
}

torch::Tensor CarliniWagnerRun::iterate(int t)
{
    const torch::Tensor spread = m_w.tanh();
    const torch::Tensor position = spread.add(1).mul_(0.5);
    const bool targeted = m_task.targeted();
    torch::Tensor logits;
    torch::Tensor margins;
    const torch::Tensor gradient = m_task.gradient(
        position,
        [&](const torch::Tensor& z, std::int64_t first) {
            return margin(z, m_classes.narrow(0, first, z.size(0)), targeted);
        },
        &logits, &margins);
    const torch::Tensor difference = position - m_origin;
    const torch::Tensor distance = difference.square().flatten(1).sum(1);
    const torch::Tensor hinge = (m_options.confidence - margins).clamp_min_(0);

    torch::Tensor example = fooled(logits, m_classes, targeted);
    if (m_options.confidence > 0)
        example = example.logical_and(margins.ge(m_options.confidence));
    m_found = m_found.logical_or(example);
    const torch::Tensor nearer = example.logical_and(distance.lt(m_bestDistance));
    m_best = torch::where(perImage(nearer), position, m_best);
    m_bestDistance = torch::where(nearer, distance, m_bestDistance);

    // d/dw of the objective: the margin enters with -c where the hinge is open; dx'/dw = (1 - tanh^2) / 2.
    const torch::Tensor pull = perImage(m_weight * hinge.gt(0));
    const torch::Tensor inPixels = difference.mul_(2).sub_(gradient * pull);
    step(inPixels.mul_((1 - spread.square()).mul_(0.5)), t);
    return distance + m_weight * hinge;
}

void CarliniWagnerRun::step(const torch::Tensor& gradient, int t)
{
    m_mean.mul_(kBetaMean).add_(gradient, 1 - kBetaMean);
    m_square.mul_(kBetaSquare).addcmul_(gradient, gradient, 1 - kBetaSquare);
    const double meanScale = 1 / (1 - std::pow(kBetaMean, t + 1));
    const double squareScale = 1 / std::sqrt(1 - std::pow(kBetaSquare, t + 1));
    m_w.addcdiv_(m_mean, m_square.sqrt().mul_(squareScale).add_(kAdamFloor),
                 -m_options.learningRate * meanScale);
}

void CarliniWagnerRun::leave(const Parting& parting)
{
    const torch::Tensor& leaving = parting.leaving;
    const torch::Tensor rows = m_rows.index_select(0, leaving);
    // Without an example so far, the last iterate is what there is.
    const torch::Tensor known = m_bestDistance.isfinite();
    m_nearest.index_copy_(0, rows,
                          torch::where(perImage(known), m_best, imageOf(m_w)).index_select(0, leaving));
    m_distance.index_copy_(0, rows, m_bestDistance.index_select(0, leaving));
    m_reached.index_copy_(0, rows, m_found.index_select(0, leaving));
    for (torch::Tensor* all : {&m_rows, &m_w, &m_mean, &m_square, &m_origin, &m_classes, &m_weight, &m_best,
                               &m_bestDistance, &m_found, &m_before})
        *all = all->index_select(0, parting.staying);
}

void CarliniWagnerRun::adjustConstants()
{
    m_upper = torch::where(m_reached, torch::min(m_upper, m_const), m_upper);
    m_lower = torch::where(m_reached, m_lower, torch::max(m_lower, m_const));
    const torch::Tensor bounded = m_upper.lt(kOpenBound);
    m_const = torch::where(bounded, (m_lower + m_upper) * 0.5, m_const * 10);
}

} // namespace assay::attacks
