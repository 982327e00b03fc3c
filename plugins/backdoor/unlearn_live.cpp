#include "plugins/backdoor/unlearn_live.h"

#include "backend/models/mac_counter.h"
#include "backend/models/predict.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

/// Multiply-adds of one preview: 40 ms at the 20 billion a second that one core of the reference machine
/// does.
constexpr std::int64_t kLiveMacs = 800'000'000;
constexpr std::int64_t kFewestLive = 20;
constexpr std::int64_t kMostLive = 500;

std::int64_t liveImages(models::Network& network, const torch::Tensor& one)
{
    std::int64_t macs = 1;
    for (const models::CountedOperator& counted : models::countOperators([&] {
             const torch::NoGradGuard off;
             network.forward(one);
         }))
        macs += counted.macs;
    return std::clamp(kLiveMacs / (2 * macs), kFewestLive, kMostLive);
}

} // namespace

LiveEdit::LiveEdit(engine::RunContext& context, const UnlearnParams& params)
    : m_folder(context.folder())
    , m_results(unlearnResultsFrom(context.loadArtifact("outcomes")))
{
    const Suspect suspect = openSuspect(context, params.model, params.dataset);
    m_card = suspect.model->card();
    std::shared_ptr<models::Network> network = suspect.model->cloneNetwork();
    const auto images = [&](std::int64_t n) {
        return suspect.set->images(data::Split::Test, m_results.ids.narrow(0, 0, n), context.device());
    };
    const torch::Tensor one = images(1);
    const std::int64_t n = std::min(liveImages(*network, one), m_results.ids.numel());
    // Judged ids ascend, and files are often ordered by class: images are taken evenly from all of them.
    const torch::Tensor rows = torch::arange(n) * m_results.ids.numel() / n;
    const torch::Tensor chosen = rows.to(torch::kInt64);
    m_clean = suspect.set->images(data::Split::Test, m_results.ids.index_select(0, chosen), context.device());
    m_y = m_results.y.index_select(0, chosen);
    m_triggered = poisoning::Trigger(m_results.poison.trigger, m_card.input.channels, m_card.input.height,
                                     m_card.input.width)
                      .stamp(m_clean);
    std::vector<std::string> names;
    std::vector<LayerGuidance> guidance;
    for (const UnlearnLayer& layer : m_results.layers) {
        if (!layer.edited)
            continue;
        names.push_back(layer.name);
        guidance.push_back(layer.guidance);
        guidance.back().a = layer.guidance.a.to(context.device());
        guidance.back().b = layer.guidance.b.to(context.device());
    }
    auto layers = layersNamed(models::probeLayers(*network, one), names, m_card.name);
    const EditSpec spec{.rule = params.rule == "damping" ? EditRule::Damping : EditRule::Subtractive,
                        .biases = params.biases};
    m_edit = std::make_unique<WeightEdit>(std::move(network), std::move(layers), std::move(guidance), spec);
}

BackdoorRates LiveEdit::at(double alpha)
{
    m_edit->apply(alpha);
    const models::Model model(m_edit->network().copy(), m_card);
    return backdoorRates(models::predict(model, m_clean), models::predict(model, m_triggered), m_y,
                         m_results.poison, m_results.classCount());
}

} // namespace assay::backdoor
