#include "backend/attacks/hop_skip_jump_run.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::attacks {

namespace {

constexpr std::uint64_t kHopStartStream = 15;
constexpr std::uint64_t kHopProbeStream = 16;
constexpr float kUnreached = std::numeric_limits<float>::infinity();
constexpr std::int64_t kNoiseBlocks[] = {1, 2, 4, 7, 14};
constexpr double kBlendEnd = 0.001;
constexpr double kFirstRadius = 0.1;
/// Below this share of the whole, float32 images do not change any more.
constexpr double kFinest = 1.0 / (1 << 22);

} // namespace

HopSkipJumpRun::HopSkipJumpRun(QueryTask& task, const HopSkipJumpOptions& options)
    : m_task(task)
    , m_options(options)
    , m_norm(task.budget.norm)
    , m_dimensions(double(task.clean.size(1) * task.clean.size(2) * task.clean.size(3)))
    , m_startDraws(task.context.seed, kHopStartStream)
    , m_probeDraws(task.context.seed, kHopProbeStream)
    , m_nearest(task.clean.clone())
    , m_distance(torch::full({task.count()}, kUnreached, task.clean.options()))
    , m_rows(torch::arange(task.count(), task.classes.options()))
    , m_samples(task.samples)
    , m_clean(task.clean)
    , m_left(torch::full_like(m_rows, task.budget.queries - 1))
    , m_outside(task.clean)
    , m_outsideNorm(m_distance)
    , m_position(task.clean)
{}

void HopSkipJumpRun::run()
{
    dropFooledAlready();
    findStart();
    if (m_rows.size(0) > 0) {
        blend();
        searchBoundary();
    }
    for (std::int64_t j = 0; m_rows.size(0) > 0; ++j)
        iterate(j);
    finish();
}

torch::Tensor HopSkipJumpRun::ask(const torch::Tensor& images, const torch::Tensor& chosen)
{
    m_task.hooks.checkpoint();
    m_left.index_add_(0, chosen, torch::full_like(chosen, -1));
    return m_task.fooling(images, m_rows.index_select(0, chosen));
}

void HopSkipJumpRun::dropFooledAlready()
{
    // A budget of one question is spent here: the one kept back is for examples, and there will be none.
    m_left.clamp_min_(1);
    const torch::Tensor flags = ask(m_clean, torch::arange(m_rows.size(0), m_rows.options()));
    m_distance.masked_fill_(flags, 0);
    keep(flags.logical_not().logical_and(m_left.gt(0)));
}

torch::Tensor HopSkipJumpRun::noise(const torch::Tensor& chosen, std::int64_t number) const
{
    const std::int64_t block = kNoiseBlocks[number % std::int64_t(std::size(kNoiseBlocks))];
    const auto coarse = [&](std::int64_t length) { return (length + block - 1) / block; };
    const torch::Tensor like =
        torch::empty({1, m_clean.size(1), coarse(m_clean.size(2)), coarse(m_clean.size(3))});
    const torch::Tensor drawn = m_startDraws.uniform(like, m_samples.index_select(0, chosen), number);
    // Every number as a block of pixels. (repeat_interleave would copy the block's side to the device.)
    return drawn.unsqueeze(4)
        .unsqueeze(3)
        .expand({-1, -1, -1, block, -1, block})
        .reshape({drawn.size(0), drawn.size(1), drawn.size(2) * block, drawn.size(3) * block})
        .narrow(2, 0, m_clean.size(2))
        .narrow(3, 0, m_clean.size(3))
        .contiguous();
}

void HopSkipJumpRun::findStart()
{
    torch::Tensor found = torch::zeros({m_rows.size(0)}, m_clean.options().dtype(torch::kBool));
    m_outside = m_clean.clone();
    for (std::int64_t number = 0; number < m_options.startTries; ++number) {
        const torch::Tensor chosen = found.logical_not().logical_and(m_left.gt(0)).nonzero().squeeze(1);
        if (chosen.size(0) == 0)
            break;
        const torch::Tensor images = noise(chosen, number);
        const torch::Tensor flags = ask(images, chosen);
        m_outside.index_copy_(0, chosen,
                              torch::where(perImage(flags), images, m_outside.index_select(0, chosen)));
        found.index_copy_(0, chosen, flags);
    }
    keep(found);
}

torch::Tensor HopSkipJumpRun::towards(const torch::Tensor& chosen, const torch::Tensor& amount,
                                      bool clipping) const
{
    const torch::Tensor image = m_clean.index_select(0, chosen);
    const torch::Tensor outside = m_outside.index_select(0, chosen);
    const torch::Tensor share = perImage(amount);
    if (clipping)
        return torch::min(torch::max(outside, image - share), image + share);
    return (outside - image).mul_(share).add_(image).clamp_(0, 1);
}

void HopSkipJumpRun::bisect(torch::Tensor& high, const torch::Tensor& threshold, bool clipping)
{
    if (byRows())
        return bisectByRows(high, threshold, clipping);
    torch::Tensor low = torch::zeros_like(high);
    for (;;) {
        const torch::Tensor open = (high - low).gt(threshold).logical_and(m_left.gt(0));
        const torch::Tensor chosen = open.nonzero().squeeze(1);
        if (chosen.size(0) == 0)
            return;
        const torch::Tensor middle = (low + high).mul_(0.5).index_select(0, chosen);
        const torch::Tensor flags = ask(towards(chosen, middle, clipping), chosen);
        high.index_copy_(0, chosen, torch::where(flags, middle, high.index_select(0, chosen)));
        low.index_copy_(0, chosen, torch::where(flags, low.index_select(0, chosen), middle));
    }
}

void HopSkipJumpRun::blend()
{
    torch::Tensor high = torch::ones_like(m_clean.select(1, 0).select(1, 0).select(1, 0));
    bisect(high, torch::full_like(high, kBlendEnd), false);
    m_outside = landed(high, torch::ones_like(high), false);
}

torch::Tensor HopSkipJumpRun::landed(const torch::Tensor& high, const torch::Tensor& whole,
                                     bool clipping) const
{
    if (byRows())
        return landedByRows(high, whole, clipping);
    const torch::Tensor all = torch::arange(m_rows.size(0), m_rows.options());
    return torch::where(perImage(high.lt(whole)), towards(all, high, clipping), m_outside);
}

void HopSkipJumpRun::searchBoundary()
{
    m_outsideNorm = distanceTo(m_outside);
    const bool clipping = m_norm == Norm::Linf;
    torch::Tensor high = clipping ? m_outsideNorm.clone() : torch::ones_like(m_outsideNorm);
    const torch::Tensor whole = high.clone();
    const double theta =
        m_options.gamma / (clipping ? m_dimensions * m_dimensions : m_dimensions * std::sqrt(m_dimensions));
    const torch::Tensor threshold = torch::max(
        clipping ? m_outsideNorm.clamp_max(1) * theta : torch::full_like(high, theta), whole * kFinest);
    bisect(high, threshold, clipping);
    m_position = landed(high, whole, clipping);
    keepNearest();
}

void HopSkipJumpRun::keepNearest()
{
    const torch::Tensor distance = distanceTo(m_position);
    if (byRows())
        return keepNearestByRows(distance);
    const torch::Tensor before = m_distance.index_select(0, m_rows);
    const torch::Tensor nearer = distance.lt(before);
    m_distance.index_copy_(0, m_rows, torch::where(nearer, distance, before));
    m_nearest.index_copy_(0, m_rows,
                          torch::where(perImage(nearer), m_position, m_nearest.index_select(0, m_rows)));
}

void HopSkipJumpRun::iterate(std::int64_t number)
{
    const double growth = std::sqrt(double(number + 1));
    const auto evaluations = static_cast<std::int64_t>(
        std::min(m_options.firstEvaluations * growth, double(m_options.mostEvaluations)));
    // An estimate without a question left for the step would be wasted.
    torch::Tensor going = m_left.gt(evaluations);
    if (m_task.context.stopWhenFooled)
        going = going.logical_and(m_distance.index_select(0, m_rows).gt(m_task.budget.eps));
    keep(going);
    if (m_rows.size(0) == 0)
        return;
    const torch::Tensor radius = number == 0 ? torch::full_like(m_outsideNorm, kFirstRadius)
                                             : (m_outsideNorm / m_dimensions).clamp_min_(kFinest);
    m_left.sub_(evaluations);
    torch::Tensor direction = boundaryDirection(m_task,
                                                {.position = m_position,
                                                 .rows = m_rows,
                                                 .samples = m_samples,
                                                 .radius = radius,
                                                 .evaluations = evaluations,
                                                 .iteration = number},
                                                m_probeDraws);
    if (m_norm == Norm::Linf)
        direction.sign_();
    stepOut(direction, number);
    searchBoundary();
}

void HopSkipJumpRun::stepOut(const torch::Tensor& direction, std::int64_t number)
{
    torch::Tensor size = distanceTo(m_position) / std::sqrt(double(number + 1));
    m_outside = m_position.clone();
    if (byRows())
        return stepOutByRows(direction, size);
    torch::Tensor open = torch::ones_like(size).to(torch::kBool);
    for (int halving = 0; halving < kMostHalvings; ++halving) {
        const torch::Tensor chosen = open.logical_and(m_left.gt(0)).nonzero().squeeze(1);
        if (chosen.size(0) == 0)
            return;
        const torch::Tensor images =
            (m_position + direction * perImage(size)).clamp_(0, 1).index_select(0, chosen);
        const torch::Tensor flags = ask(images, chosen);
        m_outside.index_copy_(0, chosen,
                              torch::where(perImage(flags), images, m_outside.index_select(0, chosen)));
        open.index_copy_(0, chosen, flags.logical_not());
        size = size * 0.5;
    }
}

void HopSkipJumpRun::keep(const torch::Tensor& flags)
{
    const torch::Tensor rows = flags.nonzero().squeeze(1);
    if (rows.size(0) == flags.size(0))
        return;
    for (torch::Tensor* all :
         {&m_rows, &m_samples, &m_clean, &m_left, &m_outside, &m_outsideNorm, &m_position})
        *all = all->index_select(0, rows);
}

void HopSkipJumpRun::finish()
{
    const torch::Tensor within = m_distance.le(m_task.budget.eps);
    m_task.adversarial.copy_(m_nearest);
    m_task.success.copy_(within);
    const torch::Tensor outside = within.logical_not().nonzero().squeeze(1);
    if (outside.size(0) == 0)
        return;
    torch::Tensor projected = m_nearest.index_select(0, outside);
    Ball(m_task.clean.index_select(0, outside), m_norm, m_task.budget.eps).project(projected);
    m_task.adversarial.index_copy_(0, outside, projected);
    // The question kept back. Without an example there is nothing to ask about.
    const torch::Tensor found = m_distance.index_select(0, outside).isfinite().nonzero().squeeze(1);
    if (found.size(0) == 0)
        return;
    const torch::Tensor rows = outside.index_select(0, found);
    m_task.success.index_copy_(0, rows, m_task.fooling(projected.index_select(0, found), rows));
}

} // namespace assay::attacks
