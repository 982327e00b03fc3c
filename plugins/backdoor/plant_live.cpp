#include "plugins/backdoor/plant_live.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/card.h"
#include "backend/models/model_file.h"
#include "plugins/backdoor/plant_run.h"

#include <torch/types.h>

namespace assay::backdoor {

namespace {

/// A network that the run saved.
PlantAsked savedNetwork(const engine::RunContext& context, const char* artifact, const char* name,
                        const char* role, const Json& json)
{
    models::ModelCard card = models::cardFromJson(json, artifact);
    const auto network = models::makeNetwork(card.architecture, card.options, card.input,
                                             static_cast<std::int64_t>(card.classes.size()));
    const engine::TensorMap weights = context.loadArtifact(artifact);
    models::loadWeights(*network, {weights.begin(), weights.end()}, artifact);
    network->to(context.device());
    return {name, role, std::make_shared<models::Model>(network, std::move(card))};
}

std::shared_ptr<const PlantBench> readBench(engine::RunContext& context, const PlantParams& params)
{
    const engine::TensorMap stored = context.loadArtifact("designer");
    const reporting::StoredResults results(stored);
    auto bench = std::make_shared<PlantBench>();
    const auto set = context.dataset(params.dataset);
    bench->classes = set->info().classes;
    bench->ids = results.at("ids", torch::kInt64, 1);
    bench->y = set->labels(data::Split::Test).index_select(0, bench->ids);
    bench->x = set->images(data::Split::Test, bench->ids, context.device());
    results.meta([&](const Json& meta) {
        bench->poison = poisoning::poisonFromJson(meta.at("poison"), "designer");
        const Json& cards = meta.at("cards");
        if (cards.contains("clean"))
            bench->models = {savedNetwork(context, "clean", "clean", "same", cards.at("clean")),
                             savedNetwork(context, "planted", "poisoned", "different", cards.at("planted"))};
    });
    for (PlantAsked& asked : plantAsked(context, params, set->info()))
        bench->models.push_back(std::move(asked));
    return bench;
}

} // namespace

std::shared_ptr<const PlantBench> PlantBenches::at(engine::RunContext& context, const PlantParams& params)
{
    const std::lock_guard lock(m_mutex);
    if (!m_bench || m_folder != context.folder() || m_folder.empty()) {
        m_bench = readBench(context, params);
        m_folder = context.folder();
    }
    return m_bench;
}

poisoning::TriggerSpec liveTrigger(engine::RunContext& context, const PlantParams& params,
                                   const poisoning::PoisonSpec& poison)
{
    TriggerParams told = params.trigger;
    const bool optimised = params.optimise != "no" && poison.trigger.pixels.defined();
    if (optimised && told.pattern == "own")
        told.pattern = "white"; // there is no picture to be read
    poisoning::TriggerSpec spec = triggerOf(context, told);
    if (optimised) {
        spec.pattern = "own";
        spec.pixels = poison.trigger.pixels;
    }
    return spec;
}

} // namespace assay::backdoor
