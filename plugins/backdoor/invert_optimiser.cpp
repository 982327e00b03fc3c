#include "plugins/backdoor/invert_optimiser.h"

#include "backend/attacks/random_streams.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <ATen/Functions.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <chrono>
#include <cmath>
#include <mutex>

namespace assay::backdoor {

namespace {

constexpr double kFirstBeta = 0.5;
constexpr double kSecondBeta = 0.9;
constexpr double kAdamFloor = 1e-7;
/// Keeps the arguments of tanh finite, as the original does.
constexpr double kTanhMargin = 1e-7;
/// Rounds after which a device is asked whether all classes have ended.
constexpr std::int64_t kAskEvery = 10;

torch::Tensor throughTanh(const torch::Tensor& argument)
{
    return argument.tanh() * 0.5 + 0.5;
}

torch::Tensor argumentOf(const torch::Tensor& value)
{
    return ((value - 0.5) * (2 - kTanhMargin)).atanh();
}

/// Adam over masks and patterns of several classes, none of which touches the other.
class TriggerAdam
{
public:
    TriggerAdam(std::vector<torch::Tensor> parameters, double rate)
        : m_parameters(std::move(parameters))
        , m_rate(rate)
    {
        for (const torch::Tensor& p : m_parameters) {
            m_first.push_back(torch::zeros_like(p));
            m_second.push_back(torch::zeros_like(p));
        }
    }
    /// @param live float32 [G]: 1 for classes that are still sought.
    void step(const std::vector<torch::Tensor>& gradients, const torch::Tensor& live)
    {
        const torch::NoGradGuard off;
        ++m_steps;
        const double first = 1 - std::pow(kFirstBeta, m_steps), second = 1 - std::pow(kSecondBeta, m_steps);
        for (std::size_t i = 0; i < m_parameters.size(); ++i) {
            m_first[i].mul_(kFirstBeta).add_(gradients[i], 1 - kFirstBeta);
            m_second[i].mul_(kSecondBeta).addcmul_(gradients[i], gradients[i], 1 - kSecondBeta);
            const torch::Tensor move = m_first[i] / ((m_second[i] / second).sqrt_().add_(kAdamFloor));
            m_parameters[i].sub_(move * live.view({-1, 1, 1, 1}), m_rate / first);
        }
    }

private:
    std::vector<torch::Tensor> m_parameters, m_first, m_second;
    double m_rate;
    int m_steps = 0;
};

/// Classes that are sought together.
class Inversion
{
public:
    Inversion(const models::Model& model, const torch::Tensor& x, std::vector<std::int64_t> targets,
              const torch::Tensor& batches, const InversionPlan& plan)
        : m_model(model)
        , m_x(x)
        , m_batches(batches)
        , m_plan(plan)
        , m_targets(std::move(targets))
        , m_schedule(plan.rule, std::int64_t(m_targets.size()), x.device())
    {
        const std::int64_t classes = size(), h = x.size(2), w = x.size(3);
        torch::Tensor masks = torch::empty({classes, 1, h, w}),
                      patterns = torch::empty({classes, x.size(1), h, w});
        const attacks::RandomStreams draws(plan.seed, 0);
        for (std::int64_t g = 0; g < classes; ++g) {
            const torch::Tensor id = torch::full({1}, m_targets[std::size_t(g)], torch::kInt64);
            const torch::Tensor both = draws.uniform(torch::empty({1, x.size(1) + 1, h, w}), id)[0];
            masks[g].copy_(both.narrow(0, 0, 1));
            patterns[g].copy_(both.narrow(0, 1, x.size(1)));
        }
        m_mask = argumentOf(masks).to(x.device()).requires_grad_(true);
        m_pattern = argumentOf(patterns).to(x.device()).requires_grad_(true);
        m_bestMask = throughTanh(m_mask.detach());
        m_bestPattern = throughTanh(m_pattern.detach());
        m_labels = torch::tensor(at::ArrayRef<std::int64_t>(m_targets)).to(x.device());
        m_repeated = m_labels.repeat_interleave(plan.batch);
        m_found = torch::zeros({classes}, m_labels.options().dtype(torch::kBool));
        m_roundsDone = torch::zeros({classes}, m_labels.options());
    }

    std::int64_t size() const { return std::int64_t(m_targets.size()); }

    void run(const std::function<void()>& checkpoint)
    {
        TriggerAdam adam({m_mask, m_pattern}, m_plan.learningRate);
        const bool host = m_x.device().is_cpu();
        for (std::int64_t r = 0; r < m_plan.rounds(); ++r) {
            round(r, adam, checkpoint);
            // On the host looking costs nothing; a device would have to be waited for.
            if ((host || (r + 1) % kAskEvery == 0) && m_schedule.ended().all().item<bool>())
                break;
        }
    }

    std::vector<InvertedTrigger> results(double seconds) const
    {
        const torch::Tensor masks = m_bestMask.cpu(), patterns = m_bestPattern.cpu(), found = m_found.cpu(),
                            done = m_roundsDone.cpu();
        // [rounds, 4, G]
        const torch::Tensor history = torch::stack(m_history).to(torch::kFloat64).cpu();
        std::vector<InvertedTrigger> all;
        for (std::int64_t g = 0; g < size(); ++g) {
            InvertedTrigger t{.target = m_targets[std::size_t(g)],
                              .mask = masks[g].clone(),
                              .pattern = patterns[g].clone(),
                              .norm = masks[g].sum(torch::kFloat64).item<double>(),
                              .held = found[g].item<bool>(),
                              .seconds = seconds};
            const std::int64_t rounds = done[g].item<std::int64_t>();
            t.steps = std::min(rounds * m_plan.round, m_plan.steps);
            for (std::int64_t r = 0; r < rounds; ++r) {
                const auto at = [&](std::int64_t i) { return history[r][i][g].item<double>(); };
                t.rounds.push_back({.loss = at(0), .norm = at(1), .success = at(2), .lambda = at(3)});
            }
            all.push_back(std::move(t));
        }
        return all;
    }

private:
    void round(std::int64_t r, TriggerAdam& adam, const std::function<void()>& checkpoint)
    {
        const std::int64_t first = r * m_plan.round;
        const std::int64_t count = std::min(m_plan.round, m_plan.steps - first);
        const torch::Tensor lambda = m_schedule.lambda();
        const torch::Tensor live = m_schedule.ended().logical_not();
        torch::Tensor sums = torch::zeros({3, size()}, m_x.options());
        for (std::int64_t s = first; s < first + count; ++s) {
            if (checkpoint)
                checkpoint();
            sums.add_(step(s, lambda, live.to(torch::kFloat32), adam));
        }
        sums.div_(double(count));
        m_history.push_back(torch::cat({sums, lambda.unsqueeze(0)}));
        m_roundsDone.add_(live);
        keepBest(m_schedule.update(sums[2], sums[1]), live);
    }

    /// One step of Adam. @returns cross-entropy, norm and success before it, float32 [3,G].
    torch::Tensor step(std::int64_t s, const torch::Tensor& lambda, const torch::Tensor& live,
                       TriggerAdam& adam)
    {
        const torch::Tensor x = m_x.index_select(0, m_batches[s]);
        const torch::Tensor mask = throughTanh(m_mask), pattern = throughTanh(m_pattern);
        const torch::Tensor m = mask.unsqueeze(1);
        const torch::Tensor stamped = ((1 - m) * x.unsqueeze(0) + m * pattern.unsqueeze(1)).flatten(0, 1);
        const torch::Tensor logits = m_model.logits(stamped);
        const torch::Tensor loss =
            at::cross_entropy_loss(logits, m_repeated, {}, at::Reduction::None).view({size(), -1}).mean(1);
        const torch::Tensor norm = mask.sum({1, 2, 3});
        const torch::Tensor total = (loss + lambda * norm).sum();
        adam.step(torch::autograd::grad({total}, {m_mask, m_pattern}), live);
        const torch::Tensor hits =
            logits.detach().argmax(1).eq(m_repeated).view({size(), -1}).to(torch::kFloat32).mean(1);
        return torch::stack({loss.detach(), norm.detach(), hits});
    }

    /// As the original: the mask after the round, though the norm and success are means over it.
    void keepBest(const torch::Tensor& better, const torch::Tensor& live)
    {
        const torch::NoGradGuard off;
        m_found = m_found.logical_or(better);
        // Until one is found the last one stands.
        const torch::Tensor take =
            better.logical_or(m_found.logical_not().logical_and(live)).view({-1, 1, 1, 1});
        m_bestMask = torch::where(take, throughTanh(m_mask), m_bestMask);
        m_bestPattern = torch::where(take, throughTanh(m_pattern), m_bestPattern);
    }

    const models::Model& m_model;
    torch::Tensor m_x;
    torch::Tensor m_batches; ///< int64 [steps,batch], rows of m_x
    const InversionPlan& m_plan;
    std::vector<std::int64_t> m_targets;
    LambdaSchedule m_schedule;
    torch::Tensor m_mask, m_pattern;         ///< arguments of tanh: [G,1,H,W], [G,C,H,W]
    torch::Tensor m_bestMask, m_bestPattern; ///< likewise, in [0,1]
    torch::Tensor m_labels, m_repeated;      ///< int64 [G], [G * batch]
    torch::Tensor m_found, m_roundsDone;     ///< bool [G], int64 [G]
    std::vector<torch::Tensor> m_history;    ///< [4,G] a round
};

} // namespace

std::vector<InvertedTrigger> invertTriggers(const models::Model& model, const torch::Tensor& x,
                                            const std::vector<std::int64_t>& targets,
                                            const InversionPlan& plan, const InversionHooks& hooks)
{
    if (x.size(0) < 1)
        throw Error("a trigger is sought over images, and there are none");
    const attacks::RandomStreams draws(plan.seed, 1);
    const torch::Tensor steps = torch::arange(plan.steps, torch::kInt64);
    const torch::Tensor batches = (draws.uniform(torch::empty({1, plan.batch}), steps) * double(x.size(0)))
                                      .floor()
                                      .clamp_max(double(x.size(0) - 1))
                                      .to(torch::kInt64)
                                      .to(x.device());
    const auto total = std::int64_t(targets.size());
    const std::int64_t together = x.device().is_cpu() ? 1 : total;
    std::vector<InvertedTrigger> all(targets.size());
    std::mutex mutex; // guards done
    std::int64_t done = 0;
    models::forEachChunk(total, together, x.device(), [&](std::int64_t first, std::int64_t count) {
        const auto began = std::chrono::steady_clock::now();
        Inversion inversion(model, x, {targets.begin() + first, targets.begin() + first + count}, batches,
                            plan);
        inversion.run(hooks.checkpoint);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        std::vector<InvertedTrigger> some = inversion.results(took.count());
        const std::lock_guard lock(mutex);
        std::move(some.begin(), some.end(), all.begin() + first);
        done += count;
        if (hooks.progress)
            hooks.progress(done, total);
    });
    return all;
}

torch::Tensor withInverted(const torch::Tensor& x, const InvertedTrigger& trigger)
{
    const torch::Tensor mask = trigger.mask.to(x.device());
    return x * (1 - mask) + trigger.pattern.to(x.device()) * mask;
}

} // namespace assay::backdoor
