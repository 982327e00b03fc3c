#include "plugins/backdoor/invert_results.h"

#include "backend/engine/reporting/stored_results.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr double kNoLength = 1e-12;

double cosineOf(const torch::Tensor& a, const torch::Tensor& b)
{
    const torch::Tensor u = a.flatten().to(torch::kFloat64), v = b.flatten().to(torch::kFloat64);
    return (u.dot(v) / (u.norm() * v.norm()).clamp_min(kNoLength)).item<double>();
}

metrics::Rate rateFrom(const torch::Tensor& counts)
{
    return metrics::wilson(counts[0].item<std::int64_t>(), counts[1].item<std::int64_t>());
}

} // namespace

InvertLikeness likenessOf(const InvertedTrigger& trigger, const poisoning::Trigger& planted,
                          const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    const torch::Tensor cover = planted.cover();
    const torch::Tensor inside = trigger.mask.ge(0.5 * trigger.mask.max()), covered = cover.gt(0);
    const double either = inside.logical_or(covered).sum().item<double>();
    const torch::Tensor found = (withInverted(x, trigger) - x).flatten(1);
    const torch::Tensor made = (planted.stamp(x) - x).flatten(1);
    const torch::Tensor lengths = (found.norm(2, 1) * made.norm(2, 1)).clamp_min(kNoLength);
    return {.iou = inside.logical_and(covered).sum().item<double>() / either,
            .maskCosine = cosineOf(trigger.mask, cover),
            .changeCosine = ((found * made).sum(1) / lengths).mean().item<double>()};
}

void InvertResults::judge(double atThreshold)
{
    std::vector<double> norms;
    for (const InvertedTrigger& t : triggers)
        norms.push_back(t.norm);
    threshold = atThreshold;
    anomalies = anomaliesOf(norms, threshold);
}

std::size_t InvertResults::smallest() const
{
    return std::size_t(std::ranges::min_element(triggers, {}, &InvertedTrigger::norm) - triggers.begin());
}

engine::TensorMap invertTensors(const InvertResults& r, const torch::Tensor& samples)
{
    std::vector<torch::Tensor> masks, patterns;
    const auto count = std::int64_t(r.triggers.size());
    torch::Tensor counts = torch::zeros({count, 2}, torch::kInt64);
    torch::Tensor numbers = torch::zeros({count, 4}, torch::kFloat64);
    torch::Tensor likeness = torch::zeros({std::int64_t(r.likeness.size()), 3}, torch::kFloat64);
    for (std::int64_t i = 0; i < count; ++i) {
        const InvertedTrigger& t = r.triggers[std::size_t(i)];
        masks.push_back(t.mask);
        patterns.push_back(t.pattern);
        counts[i][0] = r.asr[std::size_t(i)].count;
        counts[i][1] = r.asr[std::size_t(i)].n;
        numbers[i][0] = t.norm;
        numbers[i][1] = t.held ? 1.0 : 0.0;
        numbers[i][2] = double(t.steps);
        numbers[i][3] = t.seconds;
    }
    for (std::size_t i = 0; i < r.likeness.size(); ++i) {
        likeness[std::int64_t(i)][0] = r.likeness[i].iou;
        likeness[std::int64_t(i)][1] = r.likeness[i].maskCosine;
        likeness[std::int64_t(i)][2] = r.likeness[i].changeCosine;
    }
    return {{"masks", torch::stack(masks)},
            {"patterns", torch::stack(patterns)},
            {"asr", counts},
            {"numbers", numbers},
            {"likeness", likeness},
            {"samples", samples}};
}

void readInvertTensors(const engine::TensorMap& tensors, InvertResults& r)
{
    const reporting::StoredResults stored(tensors);
    const torch::Tensor masks = stored.at("masks", torch::kFloat32, 4),
                        patterns = stored.at("patterns", torch::kFloat32, 4),
                        asr = stored.at("asr", torch::kInt64, 2),
                        numbers = stored.at("numbers", torch::kFloat64, 2),
                        likeness = stored.at("likeness", torch::kFloat64, 2);
    const std::int64_t count = masks.size(0);
    if (count != std::int64_t(r.classes.size()) || patterns.size(0) != count || asr.size(0) != count ||
        asr.size(1) != 2 || numbers.size(0) != count || numbers.size(1) != 4 || likeness.size(1) != 3 ||
        (likeness.size(0) != 0 && likeness.size(0) != count))
        reporting::StoredResults::refuse("masks");
    for (std::int64_t i = 0; i < count; ++i) {
        r.triggers.push_back({.target = i,
                              .mask = masks[i],
                              .pattern = patterns[i],
                              .norm = numbers[i][0].item<double>(),
                              .held = numbers[i][1].item<double>() > 0,
                              .steps = std::int64_t(numbers[i][2].item<double>()),
                              .seconds = numbers[i][3].item<double>()});
        r.asr.push_back(rateFrom(asr[i]));
        if (likeness.size(0) > 0)
            r.likeness.push_back({.iou = likeness[i][0].item<double>(),
                                  .maskCosine = likeness[i][1].item<double>(),
                                  .changeCosine = likeness[i][2].item<double>()});
    }
}

} // namespace assay::backdoor
