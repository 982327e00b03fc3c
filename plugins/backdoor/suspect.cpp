#include "plugins/backdoor/suspect.h"

#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <ATen/Functions.h>
#include <torch/utils.h>

#include <algorithm>
#include <charconv>

namespace assay::backdoor {

namespace {

constexpr std::int64_t kFeatureBatch = 250;
/// The stream of the draw that parts the defender's images from the judged ones.
constexpr const char* kShares = "shares";

metrics::Rate rateOf(const torch::Tensor& right, const torch::Tensor& among)
{
    return metrics::wilson(right.logical_and(among).sum().item<std::int64_t>(),
                           among.sum().item<std::int64_t>());
}

} // namespace

poisoning::TriggerSpec triggerOf(engine::RunContext& context, const TriggerParams& params)
{
    poisoning::TriggerSpec spec{.kind = poisoning::triggerKindFromName(params.kind),
                                .pattern = params.pattern,
                                .x = params.x,
                                .y = params.y,
                                .size = params.size,
                                .opacity = params.opacity,
                                .amplitude = params.amplitude,
                                .frequency = params.frequency,
                                .grid = params.grid,
                                .strength = params.strength,
                                .seed = context.seed(),
                                .pixels = {},
                                .mask = {}};
    const bool shows =
        spec.kind == poisoning::TriggerKind::Patch || spec.kind == poisoning::TriggerKind::Blended;
    if (!shows || spec.pattern != "own")
        return spec;
    if (params.from.empty())
        throw Error("the trigger's pattern is an own picture, but 'trigger_from' names none", "trigger_from",
                    "Name a kept patch or the path of a PNG, or choose another pattern.");
    const attacks::Patch own = context.patch(params.from);
    spec.pixels = (own.pixels * 255).round().to(torch::kUInt8);
    if (own.mask.defined())
        spec.mask = (own.mask * 255).round().to(torch::kUInt8);
    return spec;
}

std::int64_t classNamed(const std::vector<std::string>& classes, const std::string& name,
                        const std::string& field)
{
    const auto found = std::ranges::find(classes, name);
    if (found != classes.end())
        return found - classes.begin();
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size() && number >= 0 &&
        number < static_cast<std::int64_t>(classes.size()))
        return number;
    throw Error("there is no class '" + name + "'", field, protocol::suggestion(name, classes));
}

Shares shareTest(const engine::RunContext& context, const data::Dataset& set, std::int64_t defender,
                 std::int64_t judged)
{
    const std::int64_t all = set.size(data::Split::Test);
    const torch::Tensor order = torch::randperm(all, context.generator(kShares));
    const std::int64_t first = std::min(defender, all / 2);
    const std::int64_t rest = judged > 0 ? std::min(judged, all - first) : all - first;
    return {order.narrow(0, 0, first).clone(), std::get<0>(order.narrow(0, first, rest).sort())};
}

torch::Tensor probabilitiesOf(const models::Model& model, const torch::Tensor& x)
{
    return models::logitsChunked(model, x.to(model.device())).softmax(1).cpu();
}

torch::Tensor featuresOf(const models::Model& model, const torch::Tensor& x)
{
    const torch::InferenceMode off;
    const std::string last = model.taps().back();
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x.size(0); first += kFeatureBatch) {
        const torch::Tensor some = x.narrow(0, first, std::min(kFeatureBatch, x.size(0) - first));
        model.logits(some.to(model.device()), [&](const std::string& name, const torch::Tensor& value) {
            if (name == last)
                parts.push_back(value.flatten(1).cpu());
        });
    }
    if (parts.empty())
        return torch::empty({0, 0});
    return torch::cat(parts);
}

BackdoorRates backdoorRates(const torch::Tensor& clean, const torch::Tensor& triggered,
                            const torch::Tensor& y, const poisoning::PoisonSpec& poison, std::int64_t classes)
{
    const bool one = poison.labels != poisoning::LabelMode::AllToAll;
    const torch::Tensor all = torch::ones_like(y, torch::kBool);
    const torch::Tensor ofTarget = one ? y.eq(poison.target) : all.logical_not();
    const torch::Tensor counts = countForAsr(poison, y, classes);
    const torch::Tensor right = clean.eq(y);
    return {.clean = rateOf(right, all),
            .others = rateOf(right, ofTarget.logical_not()),
            .target = rateOf(right, ofTarget),
            .asr = rateOf(triggered.eq(wantedLabels(poison, y, classes)), counts),
            .recovered = rateOf(triggered.eq(y), counts)};
}

Suspect openSuspect(engine::RunContext& context, const protocol::ModelRef& model,
                    const protocol::DatasetRef& dataset)
{
    Suspect suspect;
    suspect.model = context.model(model);
    suspect.set = context.dataset(dataset);
    reporting::requireModelFits(*suspect.model, suspect.set->info());
    suspect.planted =
        poisoning::plantedIn(suspect.model->card().recipe, "the card of " + suspect.model->name());
    return suspect;
}

} // namespace assay::backdoor
