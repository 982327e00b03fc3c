#include "plugins/backdoor/audit_trigger.h"

#include "backend/attacks/random_streams.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "backend/training/adam.h"

#include <ATen/Functions.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

namespace {

constexpr std::uint64_t kAuditBatches = 1;
constexpr std::uint64_t kAuditMoves = 2;
constexpr std::uint64_t kAuditSigns = 3;
constexpr double kLevels = 255;

/// Logits, and the penultimate features float32 [n,F].
struct FeatureAnswer
{
    torch::Tensor logits, features;
};

FeatureAnswer answerOf(const models::Model& model, const torch::Tensor& x)
{
    FeatureAnswer answer;
    const std::string last = model.taps().back();
    const models::TapSink sink = [&](const std::string& name, const torch::Tensor& value) {
        if (name == last)
            answer.features = value.flatten(1);
    };
    answer.logits = model.logits(x, sink);
    return answer;
}

torch::Tensor meanFeatures(const models::Model& model, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    torch::Tensor sum;
    const std::int64_t chunk = models::chunkImages(x);
    for (std::int64_t first = 0; first < x.size(0); first += chunk) {
        const std::int64_t count = std::min(chunk, x.size(0) - first);
        const torch::Tensor part = answerOf(model, x.narrow(0, first, count)).features.sum(0);
        sum = sum.defined() ? sum + part : part;
    }
    return sum / double(x.size(0));
}

/// Moves all images by whole pixels; the edges are repeated.
torch::Tensor moved(const torch::Tensor& x, std::int64_t right, std::int64_t down, std::int64_t most)
{
    const torch::Tensor wide = at::replication_pad2d(x, {most, most, most, most});
    return wide.narrow(2, most - down, x.size(2)).narrow(3, most - right, x.size(3));
}

} // namespace

const std::vector<std::string>& auditFormNames()
{
    static const std::vector<std::string> names = {"feature", "logit", "both"};
    return names;
}

AuditForm auditFormFromName(const std::string& name)
{
    const auto at = std::ranges::find(auditFormNames(), name);
    if (at == auditFormNames().end())
        throw Error("there is no form '" + name + "' of the owner's trigger", "form",
                    "Choose feature, logit or both");
    return AuditForm(at - auditFormNames().begin());
}

AuditTrigger optimiseAuditTrigger(const models::Model& shadow, const torch::Tensor& x,
                                  const torch::Tensor& own, std::int64_t target, const AuditTriggerPlan& plan,
                                  const std::function<void(std::int64_t)>& step)
{
    if (x.size(0) == 0 || own.size(0) == 0)
        throw Error("the shadow images hold no images of the class, or no others", "target",
                    "Use more shadow images");
    const torch::Device device = x.device();
    const attacks::RandomStreams draws(plan.seed, kAuditBatches), moves(plan.seed, kAuditMoves);
    const torch::Tensor batches =
        (draws.uniform(torch::empty({1, plan.batch}), torch::arange(plan.steps, torch::kInt64)) *
         double(x.size(0)))
            .floor()
            .clamp_max(double(x.size(0) - 1))
            .to(torch::kInt64)
            .to(device);
    const torch::Tensor mean = meanFeatures(shadow, own);
    const torch::Tensor labels =
        torch::full({plan.batch}, target, torch::TensorOptions().dtype(torch::kInt64).device(device));
    torch::Tensor delta =
        torch::zeros({1, x.size(1), x.size(2), x.size(3)}, x.options()).requires_grad_(true);
    training::Adam adam({delta}, 0);
    std::vector<torch::Tensor> losses;
    const auto shiftAt = [&](std::int64_t s, std::int64_t axis) {
        return std::int64_t(std::floor(moves.shared(s, axis) * (2 * plan.shift + 1))) - plan.shift;
    };
    for (std::int64_t s = 0; s < plan.steps; ++s) {
        if (step)
            step(s);
        torch::Tensor images = x.index_select(0, batches[s]);
        if (plan.shift > 0)
            images = moved(images, shiftAt(s, 0), shiftAt(s, 1), plan.shift);
        if (plan.flip && moves.shared(s, 2) < 0.5)
            images = images.flip(3);
        const FeatureAnswer answer = answerOf(shadow, (images + delta).clamp(0, 1));
        torch::Tensor loss = torch::zeros({}, x.options());
        if (plan.form != AuditForm::Logit)
            loss = loss + (answer.features - mean).square().sum(1).mean();
        if (plan.form != AuditForm::Feature)
            loss = loss + at::cross_entropy_loss(answer.logits, labels);
        losses.push_back(loss.detach());
        adam.step(torch::autograd::grad({loss}, {delta}), plan.rate);
        const torch::NoGradGuard off;
        delta.clamp_(-plan.eps, plan.eps);
    }
    AuditTrigger trigger{.delta = delta.detach()[0].cpu()};
    if (!losses.empty()) {
        const torch::Tensor all = torch::stack(losses).to(torch::kFloat64).cpu();
        trigger.loss.assign(all.data_ptr<double>(), all.data_ptr<double>() + all.numel());
    }
    return trigger;
}

torch::Tensor randomSigns(const torch::Tensor& like, double eps, std::uint64_t seed)
{
    const attacks::RandomStreams draws(seed, kAuditSigns);
    const torch::Tensor u = draws.uniform(like.unsqueeze(0), torch::zeros({1}, torch::kInt64))[0];
    return torch::where(u.lt(0.5), torch::full_like(u, -eps), torch::full_like(u, eps));
}

torch::Tensor withDelta(const torch::Tensor& x, const torch::Tensor& delta, double kappa)
{
    return ((x + delta.to(x.device()) * kappa).clamp(0, 1) * kLevels).round().div(kLevels);
}

torch::Tensor publishedBytes(const torch::Tensor& bytes, const torch::Tensor& delta)
{
    return (bytes.to(torch::kFloat32) + delta * kLevels).round().clamp(0, kLevels).to(torch::kUInt8);
}

} // namespace assay::backdoor
