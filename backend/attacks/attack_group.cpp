#include "backend/attacks/attack_group.h"

#include "backend/attacks/attack_task.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

namespace assay::attacks {

namespace {

torch::Tensor joined(const std::vector<torch::Tensor>& parts)
{
    return parts.size() == 1 ? parts.front() : torch::cat(parts);
}

} // namespace

AttackGroup::AttackGroup(const GroupPlan& plan, torch::Tensor clean, torch::Tensor classes,
                         torch::Tensor samples, std::int64_t firstImage, std::int64_t part)
    : m_plan(plan)
    , m_targeted(plan.context.target.has_value())
    , m_plain(plan.recipe.transforms.empty() && plan.recipe.lookAhead == 0)
    , m_firstImage(firstImage)
    , m_part(part)
    , m_startDraws(plan.context.seed, kStartStream)
    , m_transformDraws(plan.context.seed, kTransformStream)
    , m_neighbourDraws(plan.context.seed, kNeighbourStream)
    , m_groupBall(std::move(clean), plan.budget.norm, plan.budget.eps)
    , m_groupClasses(std::move(classes))
    , m_groupSamples(std::move(samples))
    , m_ball(m_groupBall)
{}

void AttackGroup::run(torch::Tensor adversarial, torch::Tensor success)
{
    m_adversarial = std::move(adversarial);
    m_success = std::move(success);
    for (int restart = 0; restart < m_plan.recipe.restarts; ++restart) {
        start(restart);
        iterate(restart);
        if (active() > 0)
            finish(restart);
    }
}

void AttackGroup::start(int restart)
{
    m_ball = m_groupBall;
    m_classes = m_groupClasses;
    m_samples = m_groupSamples;
    m_rows = torch::Tensor();
    if (restart > 0 && stops()) {
        m_rows = m_success.logical_not().nonzero().squeeze(1);
        m_ball = m_groupBall.select(m_rows);
        m_classes = m_groupClasses.index_select(0, m_rows);
        m_samples = m_groupSamples.index_select(0, m_rows);
    }
    // Where nothing leaves and nothing is compared, the result itself is what moves.
    if (m_plan.recipe.restarts == 1 && !stops())
        m_position = m_adversarial.copy_(m_ball.centre());
    else
        m_position = m_ball.centre().clone();
    if (m_plan.recipe.randomStart) {
        m_position.add_(uniformInBall(m_position, m_samples, m_plan.budget.norm, m_plan.budget.eps,
                                      m_startDraws, restart));
        m_ball.project(m_position);
    }
    m_momentum = torch::Tensor();
    m_variance = torch::Tensor();
    report(restart, 0);
}

void AttackGroup::iterate(int restart)
{
    const Budget& budget = m_plan.budget;
    for (int t = 0; t < budget.steps && active() > 0; ++t) {
        m_plan.hooks.checkpoint();
        if (stops() && !m_plain)
            dropFooled(logits(m_position), t, nullptr);
        if (active() == 0)
            return;
        const torch::Tensor direction = stepGradient(restart, t);
        if (active() == 0)
            return;
        StepState state{.ball = m_ball,
                        .position = m_position,
                        .momentum = m_momentum,
                        .gradient = direction,
                        .iteration = t,
                        .size = budget.stepSize,
                        .steps = budget.steps};
        m_plan.recipe.rule->move(state);
        m_plan.hooks.advance(active());
        report(restart, t + 1);
    }
}

torch::Tensor AttackGroup::stepGradient(int restart, int step)
{
    const Recipe& recipe = m_plan.recipe;
    const std::int64_t draw = std::int64_t(restart) * m_plan.budget.steps + step;
    torch::Tensor at = m_position;
    if (recipe.lookAhead > 0 && m_momentum.defined())
        at = torch::add(m_position, m_momentum, m_plan.budget.stepSize * recipe.lookAhead);
    torch::Tensor judged;
    const bool judges = stops() && m_plain;
    torch::Tensor found = gradient(at, draw, judges ? &judged : nullptr);
    if (judges)
        dropFooled(judged, step, &found);
    if (!recipe.variance || active() == 0)
        return found;

    const torch::Tensor tuned = m_variance.defined() ? found + m_variance : found;
    if (step + 1 < m_plan.budget.steps) { // nobody needs the last one
        if (judges)
            at = m_position;
        const double radius = recipe.variance->beta * m_plan.budget.eps;
        const int neighbours = recipe.variance->neighbours;
        torch::Tensor sum = torch::zeros_like(found);
        for (int i = 0; i < neighbours; ++i) {
            const torch::Tensor noise = m_neighbourDraws.uniform(at, m_samples, draw * neighbours + i);
            sum.add_(gradient(noise.mul_(2 * radius).sub_(radius).add_(at), draw));
        }
        m_variance = sum.div_(neighbours).sub_(found);
    }
    return tuned;
}

torch::Tensor AttackGroup::gradient(const torch::Tensor& at, std::int64_t draw, torch::Tensor* logits)
{
    std::vector<torch::Tensor> found;
    std::vector<torch::Tensor> answers;
    inParts(at.size(0), m_part, [&](std::int64_t first, std::int64_t n) {
        torch::Tensor answer;
        found.push_back(partGradient(partOf(at, first, n), partOf(m_classes, first, n),
                                     partOf(m_samples, first, n), draw, logits ? &answer : nullptr));
        answers.push_back(answer);
    });
    std::int64_t copies = 1;
    for (const auto& transform : m_plan.recipe.transforms)
        copies *= transform->copies();
    m_forwardImages += m_plan.source.passes() * copies * at.size(0);
    m_gradientImages += m_plan.source.passes() * copies * at.size(0);
    if (logits)
        *logits = joined(answers);
    return joined(found);
}

torch::Tensor AttackGroup::partGradient(const torch::Tensor& at, const torch::Tensor& classes,
                                        const torch::Tensor& samples, std::int64_t draw,
                                        torch::Tensor* logits) const
{
    const Recipe& recipe = m_plan.recipe;
    std::int64_t copies = 1;
    for (const auto& transform : recipe.transforms)
        copies *= transform->copies();
    const TransformDraw shared{.streams = m_transformDraws, .iteration = draw, .samples = samples};
    torch::Tensor sum;
    for (std::int64_t copy = 0; copy < copies; ++copy) {
        const auto transformed = [&, copy](torch::Tensor x) {
            std::int64_t rest = copy;
            for (const auto& transform : recipe.transforms) {
                x = transform->apply(x, rest % transform->copies(), shared);
                rest /= transform->copies();
            }
            return x;
        };
        std::function<torch::Tensor(torch::Tensor)> before;
        if (!recipe.transforms.empty())
            before = transformed;
        torch::Tensor one =
            lossGradient(m_plan.source, at, classes,
                         {.loss = recipe.loss, .targeted = m_targeted, .before = before, .logits = logits});
        if (sum.defined())
            sum.add_(one);
        else
            sum = one;
    }
    if (copies > 1)
        sum.div_(copies);
    for (const auto& filter : recipe.filters)
        sum = filter->apply(sum);
    return sum;
}

torch::Tensor AttackGroup::logits(const torch::Tensor& at)
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> answers;
    inParts(at.size(0), m_part, [&](std::int64_t first, std::int64_t n) {
        answers.push_back(m_plan.source.logits(partOf(at, first, n)));
    });
    m_forwardImages += m_plan.source.passes() * at.size(0);
    return joined(answers);
}

void AttackGroup::dropFooled(const torch::Tensor& logits, int step, torch::Tensor* alongside)
{
    const std::optional<Parting> parting =
        partedBy(fooled(logits, m_classes, m_targeted)); // the one host round trip of a step
    if (!parting)
        return;
    const torch::Tensor& done = parting->leaving;
    const torch::Tensor& rest = parting->staying;
    const torch::Tensor rows = m_rows.defined() ? m_rows.index_select(0, done) : done;
    m_adversarial.index_copy_(0, rows, m_position.index_select(0, done));
    m_success.index_fill_(0, rows, true);
    m_plan.hooks.advance(done.size(0) * (m_plan.budget.steps - step));

    m_rows = m_rows.defined() ? m_rows.index_select(0, rest) : rest;
    m_ball = m_ball.select(rest);
    for (torch::Tensor* each : {&m_classes, &m_samples, &m_position, &m_momentum, &m_variance, alongside})
        if (each && each->defined())
            *each = each->index_select(0, rest);
}

void AttackGroup::finish(int restart)
{
    const torch::NoGradGuard off;
    const torch::Tensor answers = logits(m_position);
    const torch::Tensor flags = fooled(answers, m_classes, m_targeted);
    if (m_plan.recipe.restarts == 1) {
        if (stops())
            write(m_adversarial, m_position);
        write(m_success, flags);
        return;
    }
    const torch::Tensor losses = m_plan.recipe.loss(answers, m_classes, m_targeted);
    if (restart == 0) {
        m_best =
            torch::full({m_groupClasses.size(0)}, -std::numeric_limits<float>::infinity(), losses.options());
        write(m_adversarial, m_position);
        write(m_success, flags);
        write(m_best, losses);
        return;
    }
    const auto before = [&](const torch::Tensor& all) {
        return m_rows.defined() ? all.index_select(0, m_rows) : all.clone();
    };
    const torch::Tensor won = before(m_success);
    const torch::Tensor better = won.logical_not().logical_and_(flags.logical_or(losses.gt(before(m_best))));
    write(m_best, torch::where(better, losses, before(m_best)));
    write(m_adversarial, torch::where(better.view({-1, 1, 1, 1}), m_position, before(m_adversarial)));
    write(m_success, won.logical_or(flags));
}

void AttackGroup::write(torch::Tensor& result, const torch::Tensor& values) const
{
    if (m_rows.defined())
        result.index_copy_(0, m_rows, values);
    else
        result.copy_(values);
}

void AttackGroup::report(int restart, int step)
{
    if (restart > 0 || !m_plan.hooks.wantsPositions())
        return;
    if (m_position.data_ptr() != m_adversarial.data_ptr())
        write(m_adversarial, m_position);
    m_plan.hooks.position(step, m_firstImage, m_adversarial);
}

} // namespace assay::attacks
