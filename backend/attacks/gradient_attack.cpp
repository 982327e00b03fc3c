#include "backend/attacks/gradient_attack.h"

#include "backend/attacks/attack_group.h"
#include "backend/attacks/check.h"
#include "backend/attacks/hook_calls.h"
#include "backend/models/parallel.h"

#include <torch/types.h>

#include <atomic>

namespace assay::attacks {

namespace {

constexpr double kMeanFloor = 1e-12;
/// Chunks that share an active set when samples leave it, so that what remains still fills a chunk.
constexpr std::int64_t kChunksOfGroup = 4;
constexpr double kMaxRestarts = 1000;

} // namespace

void StepRule::move(StepState& state) const
{
    step(state);
    state.ball.project(state.position);
}

void SteepestStep::step(StepState& state) const
{
    state.ball.advance(state.position, direction(state), state.size, m_l1Fraction);
}

void SteepestStep::move(StepState& state) const
{
    state.ball.step(state.position, direction(state), state.size, m_l1Fraction);
}

const torch::Tensor& SteepestStep::direction(StepState& state) const
{
    if (!m_decay)
        return state.gradient;
    const torch::Tensor mean = state.gradient.abs().mean(torch::IntArrayRef{1, 2, 3}, true).add_(kMeanFloor);
    const torch::Tensor scaled = state.gradient / mean;
    state.momentum = state.momentum.defined() ? state.momentum.mul_(*m_decay).add_(scaled) : scaled;
    return state.momentum;
}

GradientAttack::GradientAttack(Recipe recipe)
    : m_recipe(std::move(recipe))
{
    checkRange("restarts", m_recipe.restarts, 1, kMaxRestarts, m_recipe.name);
}

Budget GradientAttack::resolved(const Budget& given) const
{
    Budget budget = given;
    checkBudget(budget, m_recipe.name);
    checkNorm(budget.norm, m_recipe.norms, m_recipe.name);
    if (m_recipe.stepLength == StepLength::Whole) {
        budget.steps = 1;
        budget.stepSize = budget.eps;
    } else if (budget.stepSize == 0 && m_recipe.stepLength == StepLength::Even) {
        budget.stepSize = budget.eps / budget.steps;
    } else if (budget.stepSize == 0) {
        budget.stepSize = budget.norm == Norm::Linf ? budget.eps / 4 : budget.eps / 5;
    }
    return budget;
}

AttackResult GradientAttack::run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                                 const Budget& given, const Context& context) const
{
    const Budget budget = resolved(given);
    source.requireGradients(m_recipe.name);
    checkInputs(x, y, source.classCount(), source.models().front()->name(), context, m_recipe.name);

    const torch::Device device = source.device();
    const std::int64_t count = x.size(0);
    const torch::Tensor clean = x.detach().to(device).contiguous();
    const torch::Tensor classes = (context.target ? *context.target : y).to(device);
    const torch::Tensor samples = sampleNumbers(context, count, device);
    torch::Tensor adversarial = torch::empty_like(clean);
    torch::Tensor success = torch::zeros({count}, torch::TensorOptions(torch::kBool).device(device));

    HookCalls hooks(context.hooks, count * budget.steps * m_recipe.restarts);
    std::atomic<std::int64_t> forwards = 0;
    std::atomic<std::int64_t> gradients = 0;
    const GroupPlan plan{
        .source = source, .recipe = m_recipe, .budget = budget, .context = context, .hooks = hooks};
    const std::int64_t part = models::chunkImages(clean);
    const std::int64_t group = context.stopWhenFooled ? kChunksOfGroup * part : part;
    models::forEachChunk(count, group, device, [&](std::int64_t first, std::int64_t n) {
        AttackGroup attacked(plan, clean.narrow(0, first, n), classes.narrow(0, first, n),
                             samples.narrow(0, first, n), first, part);
        attacked.run(adversarial.narrow(0, first, n), success.narrow(0, first, n));
        forwards += attacked.forwardImages();
        gradients += attacked.gradientImages();
    });
    m_recipe.rule->check(adversarial);
    return {.adversarial = adversarial,
            .success = success.cpu(),
            .forwardImages = forwards,
            .gradientImages = gradients};
}

} // namespace assay::attacks
