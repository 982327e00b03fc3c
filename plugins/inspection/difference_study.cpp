#include "plugins/inspection/difference_study.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/protocol/error.h"
#include "plugins/inspection/difference_params.h"
#include "plugins/inspection/difference_report.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::inspection {

namespace {

/// The layer whose weights changed most. What was 0 before has no relative change and comes last.
std::size_t mostChangedLayer(const std::vector<LayerChange>& changes)
{
    const auto rank = [](const LayerChange& change) {
        return std::isnan(change.relative) ? -1 : change.relative;
    };
    return static_cast<std::size_t>(std::ranges::max_element(changes, {}, rank) - changes.begin());
}

/// What is said of one layer and one of its units.
void emitShown(engine::RunContext& ctx, const LayerPair& layer, const LayerChange& change,
               const models::Model& model, const DifferenceParams& p)
{
    const std::int64_t unit =
        p.unit < 0 ? change.mostChangedUnit() : std::min<std::int64_t>(p.unit, layer.units() - 1);
    ctx.figure(layerUnitsFigure(layer, change));
    ctx.checkpoint();
    ctx.figure(unitWeightsFigure(layer, unit, reporting::shownName(p.before.name),
                                 reporting::shownName(p.after.name)));
    ctx.checkpoint();
    ctx.images(filtersGrid(layer, change, model.card().input));
}

class DifferenceStudy final : public engine::StudyOf<DifferenceParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "models.difference",
            .title = "Model difference",
            .question = "Where do two models of one architecture differ, and what does it change?",
            .summary =
                "Compares two models parameter by parameter and image by image: how far the weights of "
                "each layer and of each filter moved, which filters were switched off, what that does "
                "to activations, and which images are given another class. Down to single filters. "
                "For a model before and after unlearning, pruning, repair or further training.",
            .reference =
                "No method of its own: norms, cosines and counts as the page of the study defines them",
            .keywords = {"model", "difference", "compare", "weights", "pruned", "edited", "filters",
                         "activation", "unlearning", "inspection"},
            .outputs = {"tables/layers.csv: layer, units, numbers, relative, cosine, most, changed, pruned",
                        "tables/units.csv: layer, unit, state, norm_before, change, relative, cosine, most",
                        "tables/activations.csv: tap, units, relative, cosine, most",
                        "metrics accuracy.before, accuracy.after, predictions.changed, weights.relative, "
                        "units.changed, units.pruned"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const DifferenceParams& p) override
    {
        const auto set = ctx.dataset(p.dataset);
        const auto before = ctx.model(p.before), after = ctx.model(p.after);
        for (const auto& model : {before, after})
            reporting::requireModelFits(*model, set->info());
        DifferenceResults r{.before = reporting::shownName(p.before.name),
                            .after = reporting::shownName(p.after.name),
                            .classes = set->info().classes};
        r.layers = pairLayers(*before, *after);
        if (r.layers.empty())
            throw Error("the models have no parameters to compare", "after");
        compareWeights(ctx, r, p);
        const std::size_t shown =
            reporting::positionOf(layerNames(r.layers), p.layer, mostChangedLayer(r.changes));
        ctx.artifact("view", {{"meta", reporting::jsonTensor({{"layer", r.layers[shown].name}})}});
        emitShown(ctx, r.layers[shown], r.changes[shown], *before, p);
        ctx.checkpoint();
        compareImages(ctx, r, *set, *before, *after, p);
    }

    void previewWith(engine::RunContext& ctx, const DifferenceParams& p) override
    {
        const auto before = ctx.model(p.before), after = ctx.model(p.after);
        const std::vector<LayerPair> layers = pairLayers(*before, *after);
        const std::vector<std::string> names = layerNames(layers);
        std::size_t shown = reporting::positionOf(names, p.layer, names.size());
        if (shown == names.size()) {
            const engine::TensorMap view = ctx.loadArtifact("view");
            reporting::StoredResults(view).meta([&](const Json& meta) {
                shown = reporting::positionOf(names, meta.at("layer").get<std::string>());
            });
        }
        ctx.checkpoint();
        emitShown(ctx, layers.at(shown), changeOf(layers.at(shown), p.tolerance), *before, p);
    }

private:
    static void compareWeights(engine::RunContext& ctx, DifferenceResults& r, const DifferenceParams& p)
    {
        double changed = 0, pruned = 0;
        for (const LayerPair& layer : r.layers) {
            ctx.checkpoint();
            ctx.progress(static_cast<double>(r.changes.size()), static_cast<double>(r.layers.size()),
                         "Weights of " + layer.name);
            r.changes.push_back(changeOf(layer, p.tolerance));
            changed += static_cast<double>(r.changes.back().changed);
            pruned += static_cast<double>(r.changes.back().pruned);
        }
        ctx.metric({.name = "weights.relative", .value = relativeChange(r.layers, r.changes)});
        ctx.metric({.name = "units.changed", .value = changed});
        ctx.metric({.name = "units.pruned", .value = pruned});
        if (changed > static_cast<double>(kMostListed))
            ctx.log("The table of units lists the " + std::to_string(kMostListed) + " most changed ones.");
        ctx.figure(layersFigure(r));
        ctx.figure(unitsFigure(r));
        ctx.table(layersTable(r));
        ctx.table(unitsTable(r));
    }

    static void compareImages(engine::RunContext& ctx, DifferenceResults& r, const data::Dataset& set,
                              const models::Model& before, const models::Model& after,
                              const DifferenceParams& p)
    {
        ctx.progress(0, 0, "Activations and predictions");
        r.images = reporting::drawTestImages(ctx, set, p.count);
        const SeenByBoth seen = compareActivations(before, after, r.images.x, [&] { ctx.checkpoint(); });
        r.taps = seen.taps;
        r.probabilitiesBefore = seen.before.softmax(1);
        r.probabilitiesAfter = seen.after.softmax(1);
        r.predictedBefore = seen.before.argmax(1);
        r.predictedAfter = seen.after.argmax(1);
        if (r.taps.empty()) {
            ctx.log("Activations are left out: the models show none of their layers.");
        } else {
            ctx.figure(activationsFigure(r));
            ctx.figure(activationUnitsFigure(r));
            ctx.table(activationsTable(r));
        }
        const auto rate = [&](const char* name, const torch::Tensor& counted) {
            ctx.metric(reporting::rateNumber(
                name, metrics::wilson(counted.sum().item<std::int64_t>(), r.images.size()), "test images"));
        };
        rate("accuracy.before", r.predictedBefore.eq(r.images.y));
        rate("accuracy.after", r.predictedAfter.eq(r.images.y));
        rate("predictions.changed", r.predictedBefore.ne(r.predictedAfter));
        ctx.figure(predictionsFigure(r));
        ctx.checkpoint();
        if (r.changedRows().numel() > 0)
            ctx.images(changedGrid(r, before, after));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeDifferenceStudy()
{
    return std::make_unique<DifferenceStudy>();
}

} // namespace assay::inspection
