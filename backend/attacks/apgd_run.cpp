#include "backend/attacks/apgd_run.h"

#include "backend/attacks/boundary.h"
#include "backend/attacks/l1_box.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

constexpr std::uint64_t kApgdStartStream = 11;
constexpr double kMomentumShare = 0.75; ///< alpha of the paper: the new step's share

// Of L1.
constexpr double kFirstEntries = 0.2;    ///< share of the entries that the first steps change
constexpr double kSparser = 1.5;         ///< the best point's entries over those of a step
constexpr double kShorter = 1.5;         ///< a step before over the one after
constexpr double kShortest = 0.1;        ///< step over eps
constexpr double kStillShrinking = 0.95; ///< below it the support is taken to shrink
constexpr double kEarlyShare = 0.3;      ///< of the steps, in each of the larger radii
constexpr int kLeastShrinking = 5;

torch::Tensor raised(const torch::Tensor& flags, const torch::Tensor& fresh, const torch::Tensor& old)
{
    return torch::where(fresh.dim() == 4 ? perImage(flags) : flags, fresh, old);
}

/// In how many entries images differ, float64 [n].
torch::Tensor differing(const torch::Tensor& a, const torch::Tensor& b)
{
    return a.ne(b).flatten(1).sum(1).to(torch::kFloat64);
}

} // namespace

int apgdTries(const ApgdOptions& options, std::int64_t classes, bool targeted)
{
    if (options.loss != ApgdLoss::DlrTargeted || targeted)
        return options.restarts;
    return options.restarts *
           static_cast<int>(std::clamp<std::int64_t>(options.targetClasses, 1, classes - 1));
}

std::vector<ApgdPhase> apgdPhases(const Budget& budget, const ApgdOptions& options)
{
    if (budget.norm != Norm::L1 || !options.shrinkingRadius || budget.steps < kLeastShrinking)
        return {{budget.eps, budget.steps}};
    const int early = static_cast<int>(std::ceil(kEarlyShare * budget.steps));
    return {{3 * budget.eps, early}, {2 * budget.eps, early}, {budget.eps, budget.steps - 2 * early}};
}

ApgdRun::ApgdRun(AttackTask& task, const ApgdOptions& options)
    : m_task(task)
    , m_options(options)
    , m_stops(task.context.stopWhenFooled)
    , m_sparse(task.budget.norm == Norm::L1)
    , m_byRows(isPlain(task.clean))
    , m_phases(apgdPhases(task.budget, options))
    , m_startDraws(task.context.seed, kApgdStartStream)
    , m_wholeBall(task.clean, task.budget.norm, task.budget.eps)
    , m_foundLoss(torch::full({task.count()}, kNoLoss, task.clean.options()))
    , m_ball(m_wholeBall)
{}

void ApgdRun::run()
{
    const int tries = apgdTries(m_options, m_task.source.classCount(), m_task.targeted());
    if (m_options.loss == ApgdLoss::DlrTargeted && !m_task.targeted()) {
        const std::int64_t targets = tries / m_options.restarts;
        // Stable, so that equal logits are taken in the same order in every batch.
        const torch::Tensor order =
            std::get<1>(m_task.logits(m_task.clean).sort(/*stable=*/true, 1, /*descending=*/true));
        m_order = order.narrow(1, 1, targets);
    }
    for (int number = 0; number < tries; ++number) {
        start(number);
        if (m_rows.size(0) == 0)
            break;
        attempt(number);
        if (m_rows.size(0) > 0)
            finish();
    }
}

void ApgdRun::start(int number)
{
    const torch::Tensor& clean = m_task.clean;
    m_rows = torch::arange(m_task.count(), m_task.labels.options());
    if (number > 0)
        m_rows = m_task.success.logical_not().nonzero().squeeze(1);
    const auto active = [&](const torch::Tensor& all) { return all.index_select(0, m_rows); };
    m_ball = number > 0 ? m_wholeBall.select(m_rows) : m_wholeBall;
    m_labels = active(m_task.labels);
    m_classes = active(m_order.defined() ? m_order.select(1, number / m_options.restarts).contiguous()
                                         : m_task.classes());
    m_samples = active(m_task.samples);
    m_position = active(clean);
    if (m_options.randomStart && m_sparse) {
        const torch::Tensor draw = m_startDraws.normal(clean, m_samples, number);
        m_position = nearestInL1Box(m_position + draw, m_position, m_phases.front().eps);
    } else if (m_options.randomStart) {
        const bool linf = m_task.budget.norm == Norm::Linf;
        torch::Tensor draw = linf ? m_startDraws.uniform(clean, m_samples, number).mul_(2).sub_(1)
                                  : m_startDraws.normal(clean, m_samples, number);
        const torch::Tensor size = perturbationNorm(draw, m_task.budget.norm).clamp_min_(kVanishing);
        m_position.add_(draw.mul_(perImage(size.reciprocal_().mul_(m_task.budget.eps))));
        m_ball.project(m_position);
    }
    m_fooling = m_byRows ? torch::empty_like(m_position) : m_position;
    m_foolingLoss = torch::full({m_rows.size(0)}, kNoLoss, clean.options());
    m_foolingIsBest = torch::zeros({m_rows.size(0)}, clean.options().dtype(torch::kBool));
}

void ApgdRun::attempt(int number)
{
    int before = number * m_task.budget.steps;
    report(before);
    for (const ApgdPhase& phase : m_phases) {
        climb(phase, before);
        before += phase.steps;
    }
}

void ApgdRun::climb(const ApgdPhase& phase, int before)
{
    if (m_rows.size(0) == 0)
        return;
    enter(phase);
    evaluate(false);
    m_bestAtCheck = m_bestLoss.clone();
    const std::vector<int> checkpoints =
        m_sparse ? apgdSparseCheckpoints(phase.steps) : apgdCheckpoints(phase.steps);
    auto next = checkpoints.begin();
    int checked = 0;
    for (int t = 0; t < phase.steps && m_rows.size(0) > 0; ++t) {
        m_task.hooks.checkpoint();
        const std::int64_t active = m_rows.size(0);
        move(t);
        evaluate(t + 1 == phase.steps);
        m_task.advance(active);
        report(before + t + 1);
        if (next != checkpoints.end() && *next == t + 1 && m_rows.size(0) > 0) {
            if (t + 1 < phase.steps)
                lookBack(t + 1 - checked);
            checked = *next++;
        }
    }
}

void ApgdRun::enter(const ApgdPhase& phase)
{
    const bool first = &phase == &m_phases.front();
    m_eps = phase.eps;
    m_counts = &phase == &m_phases.back();
    if (!first) {
        copyBest();
        m_position = nearestInL1Box(m_best, m_ball.centre(), m_eps);
    }
    m_previous = m_byRows ? torch::empty_like(m_position) : m_position;
    const auto options = m_position.options();
    m_step = torch::full({m_rows.size(0), 1, 1, 1}, (m_sparse ? 1 : kFirstStep) * m_eps, options);
    m_rises = torch::zeros({m_rows.size(0)}, options);
    m_halved = torch::ones({m_rows.size(0)}, options.dtype(torch::kBool));
    for (torch::Tensor* stale : {&m_gradient, &m_loss, &m_best, &m_bestGradient, &m_bestLoss, &m_bestAtCheck})
        *stale = torch::Tensor();
    if (!m_sparse)
        return;
    const double dimensions = double(m_position.size(1) * m_position.size(2) * m_position.size(3));
    m_support = m_phases.size() > 1
                    ? differing(m_position, m_ball.centre())
                    : torch::full({m_rows.size(0)}, dimensions, options.dtype(torch::kFloat64));
    m_entries = m_phases.size() > 1 ? m_support / kSparser : m_support * kFirstEntries;
}

torch::Tensor ApgdRun::direction() const
{
    return m_task.budget.norm == Norm::Linf ? m_gradient.sign() : unitPerSample(m_gradient);
}

void ApgdRun::moveSparsely()
{
    const torch::Tensor moved = sparseSigns(m_gradient, m_entries).mul_(m_step).add_(m_position);
    m_previous = m_position;
    m_position = nearestInL1Box(moved, m_ball.centre(), m_eps);
}

void ApgdRun::move(int t)
{
    if (m_sparse) {
        moveSparsely();
        return;
    }
    if (m_byRows && m_task.budget.norm == Norm::Linf) {
        climbByRows(t);
        return;
    }
    torch::Tensor moved = direction().mul_(m_step).add_(m_position);
    m_ball.project(moved);
    if (t > 0) {
        // x + alpha (z - x) + (1 - alpha) (x - x_old), in this order of rounding.
        moved.sub_(m_position).mul_(kMomentumShare).add_(m_position);
        moved.add_(m_position - m_previous, 1 - kMomentumShare);
        m_ball.project(moved);
    }
    m_previous = m_position;
    m_position = moved;
}

AttackTask::RowLoss ApgdRun::loss() const
{
    const bool targeted = m_task.targeted();
    const std::int64_t count = m_task.source.classCount();
    return [this, targeted, count](const torch::Tensor& z, std::int64_t first) {
        const torch::Tensor classes = partOf(m_classes, first, z.size(0));
        if (m_options.loss == ApgdLoss::CrossEntropy)
            return crossEntropy(z, classes, targeted);
        if (m_options.loss == ApgdLoss::Dlr)
            return count < 3 ? margin(z, classes, targeted) : dlr(z, classes, targeted);
        return count < 4 ? margin(z, classes, true)
                         : dlrTargeted(z, partOf(m_labels, first, z.size(0)), classes);
    };
}

void ApgdRun::evaluate(bool last)
{
    torch::Tensor logits;
    torch::Tensor loss;
    torch::Tensor gradient;
    if (last)
        loss = m_task.losses(m_position, this->loss(), &logits);
    else if (m_options.loss == ApgdLoss::CrossEntropy)
        gradient = m_task.gradient(m_position, crossEntropy, m_classes, &logits, &loss);
    else
        gradient = m_task.gradient(m_position, this->loss(), &logits, &loss);
    // Towards a class of its own choice the attack has succeeded with any class but the label.
    const torch::Tensor flags =
        m_order.defined() ? fooled(logits, m_labels, false) : fooled(logits, m_classes, m_task.targeted());
    if (m_byRows)
        rememberByRows(flags, loss, !m_bestLoss.defined());
    else
        remember(flags, loss, gradient);
    m_gradient = gradient;
    m_loss = loss;
    if (m_stops && m_counts)
        dropFooled(flags);
}

void ApgdRun::remember(const torch::Tensor& flags, const torch::Tensor& loss, const torch::Tensor& gradient)
{
    if (m_counts) {
        const torch::Tensor improved = flags.logical_and(loss.gt(m_foolingLoss));
        m_fooling = raised(improved, m_position, m_fooling);
        m_foolingLoss = raised(improved, loss, m_foolingLoss);
    }
    if (m_bestLoss.defined()) {
        const torch::Tensor better = loss.gt(m_bestLoss);
        m_rises.add_(loss.gt(m_loss));
        m_best = raised(better, m_position, m_best);
        if (gradient.defined())
            m_bestGradient = raised(better, gradient, m_bestGradient);
        m_bestLoss = raised(better, loss, m_bestLoss);
    } else {
        m_best = m_position;
        m_bestGradient = gradient;
        m_bestLoss = loss;
    }
}

void ApgdRun::lookBack(int period)
{
    if (m_sparse) {
        adaptSparsity();
        return;
    }
    if (m_byRows) {
        lookBackByRows(float(m_options.rho * period));
        return;
    }
    const torch::Tensor stalled = m_rises.le(m_options.rho * period);
    const torch::Tensor unchanged = m_halved.logical_not().logical_and_(m_bestAtCheck.ge(m_bestLoss));
    m_halved = stalled.logical_or(unchanged);
    m_bestAtCheck = m_bestLoss;
    m_step = torch::where(perImage(m_halved), m_step * 0.5, m_step);
    m_position = raised(m_halved, m_best, m_position);
    m_gradient = raised(m_halved, m_bestGradient, m_gradient);
    m_rises.zero_();
}

void ApgdRun::adaptSparsity()
{
    copyBest();
    const torch::Tensor support = differing(m_best, m_ball.centre());
    const torch::Tensor shrinks = support.div(m_support).lt(kStillShrinking);
    m_entries = support / kSparser;
    m_support = support;
    const torch::Tensor shorter = m_step.div(kShorter).clamp_min_(kShortest * m_eps);
    m_step = torch::where(perImage(shrinks), torch::full_like(m_step, m_eps), shorter);
    m_position = raised(shrinks, m_best, m_position);
    m_gradient = raised(shrinks, m_bestGradient, m_gradient);
}

void ApgdRun::dropFooled(const torch::Tensor& flags)
{
    const std::optional<Parting> parting = partedBy(flags);
    if (!parting)
        return;
    const torch::Tensor rows = m_rows.index_select(0, parting->leaving);
    m_task.adversarial.index_copy_(0, rows, m_position.index_select(0, parting->leaving));
    m_task.success.index_fill_(0, rows, true);
    keep(parting->staying);
}

void ApgdRun::finish()
{
    if (m_byRows)
        return finishByRows();
    const torch::Tensor fooling = m_foolingLoss.gt(kNoLoss);
    const torch::Tensor loss = raised(fooling, m_foolingLoss, m_bestLoss);
    const torch::Tensor position = raised(fooling, m_fooling, m_best);
    // Samples fooled by an earlier attempt are not among the active ones.
    const torch::Tensor better = fooling.logical_or(loss.gt(m_foundLoss.index_select(0, m_rows)));
    const auto merge = [&](torch::Tensor all, const torch::Tensor& fresh) {
        all.index_copy_(0, m_rows, raised(better, fresh, all.index_select(0, m_rows)));
    };
    merge(m_task.adversarial, position);
    merge(m_foundLoss, loss);
    m_task.success.index_copy_(0, m_rows, fooling);
}

void ApgdRun::keep(const torch::Tensor& rows)
{
    m_ball = m_ball.select(rows);
    for (torch::Tensor* all :
         {&m_rows,          &m_labels,  &m_classes,     &m_samples,      &m_position, &m_previous,
          &m_gradient,      &m_loss,    &m_best,        &m_bestGradient, &m_bestLoss, &m_bestIsHere,
          &m_foolingIsBest, &m_fooling, &m_foolingLoss, &m_step,         &m_rises,    &m_halved,
          &m_bestAtCheck,   &m_entries, &m_support})
        if (all->defined())
            *all = all->index_select(0, rows);
}

void ApgdRun::report(int step)
{
    if (!m_task.hooks.wantsPositions())
        return;
    torch::Tensor all = m_task.adversarial.index_copy(0, m_rows, m_position);
    m_task.hooks.position(step, m_task.firstImage, all);
}

} // namespace assay::attacks
