#include "backend/attacks/fab_run.h"

#include "backend/attacks/hyperplane.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::attacks {

namespace {

constexpr std::uint64_t kFabStartStream = 12;
constexpr float kNothingFound = std::numeric_limits<float>::infinity();
constexpr double kLeastStep = 1e-8;
/// Random starts lie at this share of min(eps, distance so far), which is eps in a fresh attempt.
constexpr double kStartShare = 0.5;

torch::Tensor joinedParts(torch::Tensor all, const torch::Tensor& part)
{
    return all.defined() ? torch::cat({all, part}) : part;
}

} // namespace

int fabTries(const FabOptions& options, std::int64_t classes, bool targeted)
{
    if (!options.targeted || targeted)
        return options.restarts;
    return options.restarts *
           static_cast<int>(std::clamp<std::int64_t>(options.targetClasses, 1, classes - 1));
}

FabRun::FabRun(AttackTask& task, const FabOptions& options)
    : m_task(task)
    , m_options(options)
    , m_startDraws(task.context.seed, kFabStartStream)
    , m_nearest(task.clean.clone())
    , m_distance(torch::full({task.count()}, kNothingFound, task.clean.options()))
{}

void FabRun::run()
{
    const int tries = fabTries(m_options, m_task.source.classCount(), m_task.targeted());
    const torch::Tensor clean = m_task.logits(m_task.clean);
    if (m_options.targeted && !m_task.targeted())
        m_order = std::get<1>(clean.sort(/*stable=*/true, 1, /*descending=*/true))
                      .narrow(1, 1, tries / m_options.restarts);
    // As in the original, only samples that are not fooled as they are take part.
    m_distance.masked_fill_(fooled(clean, m_task.classes(), m_task.targeted()), 0);
    for (int number = 0; number < tries; ++number) {
        start(number);
        if (m_rows.size(0) == 0)
            break;
        attempt();
        const torch::Tensor before = m_distance.index_select(0, m_rows);
        const torch::Tensor nearer = m_bestDistance.lt(before);
        m_distance.index_copy_(0, m_rows, torch::where(nearer, m_bestDistance, before));
        // Without an example so far, the last iterate is what there is.
        const torch::Tensor reached = torch::where(perImage(m_bestDistance.isfinite()), m_best, m_position);
        const torch::Tensor fresh = nearer.logical_or(before.isfinite().logical_not());
        m_nearest.index_copy_(0, m_rows,
                              torch::where(perImage(fresh), reached, m_nearest.index_select(0, m_rows)));
    }
    m_task.settle(m_nearest, m_distance.isfinite());
}

void FabRun::start(int number)
{
    m_rows = m_distance.gt(number == 0 ? 0 : m_task.budget.eps).nonzero().squeeze(1);
    m_clean = m_task.clean.index_select(0, m_rows);
    m_labels = m_task.classes().index_select(0, m_rows);
    m_aims = torch::Tensor();
    if (m_order.defined())
        m_aims = m_order.select(1, number / m_options.restarts).index_select(0, m_rows);
    m_position = m_clean;
    if (number % m_options.restarts > 0) {
        const torch::Tensor samples = m_task.samples.index_select(0, m_rows);
        torch::Tensor draw = m_task.budget.norm == Norm::Linf
                                 ? m_startDraws.uniform(m_clean, samples, number).mul_(2).sub_(1)
                                 : m_startDraws.normal(m_clean, samples, number);
        const torch::Tensor size = perturbationNorm(draw, m_task.budget.norm).clamp_min_(kVanishing);
        draw.mul_(perImage(size.reciprocal_().mul_(kStartShare * m_task.budget.eps)));
        m_position = draw.add_(m_clean).clamp_(0, 1);
    }
    m_best = m_clean;
    m_bestDistance = torch::full({m_rows.size(0)}, kNothingFound, m_clean.options());
}

void FabRun::attempt()
{
    for (int t = 0; t < m_task.budget.steps && m_rows.size(0) > 0; ++t) {
        m_task.hooks.checkpoint();
        const std::int64_t active = m_rows.size(0);
        move(nearest());
        judge();
        m_task.advance(active);
    }
}

NearestBoundary FabRun::nearest()
{
    NearestBoundary boundary(m_task.budget.norm);
    if (m_task.targeted()) {
        torch::Tensor value;
        const torch::Tensor gradient = m_task.gradient(
            m_position,
            [this](const torch::Tensor& z, std::int64_t first) {
                return margin(z, m_labels.narrow(0, first, z.size(0)), true);
            },
            nullptr, &value);
        boundary.show(value, gradient);
        return boundary;
    }
    const torch::Tensor others =
        m_aims.defined() ? m_aims.unsqueeze(1) : otherClasses(m_labels, m_task.source.classCount());
    torch::Tensor values;
    torch::Tensor gradients;
    inParts(m_position.size(0), m_task.part, [&](std::int64_t first, std::int64_t n) {
        NearestBoundary ofPart(m_task.budget.norm);
        forEachDifference(
            m_task.source, m_position.narrow(0, first, n), m_labels.narrow(0, first, n),
            others.narrow(0, first, n),
            [&](const torch::Tensor& value, const torch::Tensor& gradient) { ofPart.show(value, gradient); });
        values = joinedParts(values, ofPart.value());
        gradients = joinedParts(gradients, ofPart.gradient());
    });
    const std::int64_t passes = m_position.size(0) * m_task.source.passes();
    m_task.forwardImages += passes;
    m_task.gradientImages += passes * others.size(1);
    boundary.show(values, gradients);
    return boundary;
}

void FabRun::move(const NearestBoundary& boundary)
{
    const Norm norm = m_task.budget.norm;
    const torch::Tensor at = m_position.flatten(1);
    const torch::Tensor origin = m_clean.flatten(1);
    const torch::Tensor normal = boundary.gradient().flatten(1);
    // The linearised difference at the iterate and, along the same hyperplane, at the image.
    const torch::Tensor& value = boundary.value();
    const torch::Tensor valueAtImage = value + (normal * (origin - at)).sum(1);
    const torch::Tensor fromIterate = stepToHyperplane(at, normal, value, norm);
    const torch::Tensor fromImage = stepToHyperplane(origin, normal, valueAtImage, norm);
    const torch::Tensor near = perturbationNorm(fromIterate, norm).clamp_min_(kLeastStep);
    const torch::Tensor far = perturbationNorm(fromImage, norm).clamp_min_(kLeastStep);
    const torch::Tensor alpha = (near / (near + far)).clamp_max_(m_options.alphaMax).unsqueeze(1);
    const torch::Tensor moved =
        (at + m_options.eta * fromIterate) * (1 - alpha) + (origin + m_options.eta * fromImage) * alpha;
    m_position = moved.clamp(0, 1).view_as(m_position);
}

void FabRun::judge()
{
    const torch::Tensor flags = fooled(m_task.logits(m_position), m_labels, m_task.targeted());
    const torch::Tensor difference = m_position - m_clean;
    const torch::Tensor distance = perturbationNorm(difference, m_task.budget.norm);
    const torch::Tensor nearer = flags.logical_and(distance.lt(m_bestDistance));
    m_best = torch::where(perImage(nearer), m_position, m_best);
    m_bestDistance = torch::where(nearer, distance, m_bestDistance);
    m_position = torch::where(perImage(flags), m_clean + difference * m_options.beta, m_position);
    if (!m_task.context.stopWhenFooled)
        return;
    const std::optional<Parting> parting = partedBy(m_bestDistance.le(m_task.budget.eps));
    if (!parting)
        return;
    const torch::Tensor rows = m_rows.index_select(0, parting->leaving);
    m_nearest.index_copy_(0, rows, m_best.index_select(0, parting->leaving));
    m_distance.index_copy_(0, rows, m_bestDistance.index_select(0, parting->leaving));
    keep(parting->staying);
}

void FabRun::keep(const torch::Tensor& rows)
{
    for (torch::Tensor* all : {&m_rows, &m_clean, &m_labels, &m_aims, &m_position, &m_best, &m_bestDistance})
        if (all->defined())
            *all = all->index_select(0, rows);
}

} // namespace assay::attacks
