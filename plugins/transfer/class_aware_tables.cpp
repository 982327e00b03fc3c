#include "plugins/transfer/class_aware_tables.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"

#include <torch/types.h>

#include <cmath>

namespace assay::transfer {

using protocol::Metric;
using protocol::Table;
using reporting::numberColumn;
using reporting::rateNumber;
using reporting::TableRow;
using reporting::textColumn;

namespace {

constexpr const char* kSection = "Tables";

} // namespace

Table pairsTable(const ClassAwareResults& r)
{
    Table table{.name = "pairs",
                .title = "Outcomes of every pair",
                .caption =
                    "Fractions of the images that fool the source (fooled), with Wilson 95 % intervals; "
                    "pool counts the attacked images, which all models classify correctly.",
                .section = kSection};
    table.columns = {textColumn("source", "Source"),
                     textColumn("target", "Target"),
                     textColumn("attack", "Attack"),
                     textColumn("norm", "Norm"),
                     numberColumn("eps", "ε", -1, "of [0,1]"),
                     numberColumn("pool", "Pool", 0, "images"),
                     numberColumn("fooled", "Fooled", 0, "images"),
                     numberColumn("same", "Same", 3),
                     numberColumn("different", "Different", 3),
                     numberColumn("unfooled", "Unfooled", 3)};
    for (const char* outcome : {"same", "different", "unfooled"})
        for (const char* end : {"low", "high"})
            table.columns.push_back(
                numberColumn(std::string(outcome) + '_' + end, std::string(outcome) + ", " + end, 3));
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        for (std::size_t e = 0; e < r.perSource[s].eps.size(); ++e) {
            for (const std::size_t t : r.bySimilarity(s)) {
                const OutcomeCounts c = r.counts(s, t, e);
                const OutcomeRates rate = outcomeRates(c, Denominator::Fooled);
                TableRow row(table);
                row << r.sources[s] << r.targets[t] << r.attack << r.norm << r.eps[e]
                    << static_cast<double>(c.pool) << static_cast<double>(c.fooled()) << rate.same.value
                    << rate.different.value << rate.unfooled.value;
                for (const metrics::Rate& x : {rate.same, rate.different, rate.unfooled})
                    row << x.low << x.high;
                table.samples.add(r.idsWhere(r.perSource[s].eps[e].y1 != r.y));
            }
        }
    }
    return table;
}

Table similarityTable(const ClassAwareResults& r)
{
    Table table{.name = "similarity",
                .title = "Similarity of source and target",
                .caption =
                    "Dist: mean difference of the L2 distances to the decision boundary along the source's "
                    "loss gradient, and along random directions; capped: fraction of images for which one of "
                    "the two boundaries lies beyond the search radius. Cosine: mean cosine between the input "
                    "gradients of both models.",
                .section = "Similarity"};
    table.columns = {textColumn("source", "Source"),
                     textColumn("target", "Target"),
                     numberColumn("distance", "Dist", 3, "L2"),
                     numberColumn("capped", "Capped", 3),
                     numberColumn("cosine", "Gradient cosine", 3),
                     numberColumn("random_distance", "Dist, random directions", 3, "L2"),
                     numberColumn("random_capped", "Capped, random directions", 3)};
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        if (r.perSource[s].similarity.empty())
            continue;
        for (const std::size_t t : r.bySimilarity(s)) {
            const Similarity& x = r.perSource[s].similarity[t];
            TableRow(table) << r.sources[s] << r.targets[t] << x.distance << x.capped << x.cosine
                            << x.randomDistance << x.randomCapped;
        }
    }
    return table;
}

Table attacksTable(const ClassAwareResults& r)
{
    Table table{
        .name = "attacks",
        .title = "What the attack does to its source",
        .caption =
            "source_success: fraction of the pool that fools the source, with its Wilson 95 % interval. "
            "Mean sizes are those of the perturbations after clipping to [0,1]. spearman: rank "
            "correlation over the targets between Dist and transfer rate.",
        .section = kSection};
    table.columns = {textColumn("source", "Source"),
                     numberColumn("eps", "ε", -1, "of [0,1]"),
                     numberColumn("pool", "Pool", 0, "images"),
                     numberColumn("source_success", "Source fooled", 3),
                     numberColumn("source_success_low", "low", 3),
                     numberColumn("source_success_high", "high", 3),
                     numberColumn("mean_l2", "Mean L2", 3),
                     numberColumn("mean_linf", "Mean L∞", 3),
                     numberColumn("spearman", "Spearman ρ", 2)};
    if (r.targeted)
        table.columns.push_back(numberColumn("target_hit", "Aimed class hit", 3));
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        for (std::size_t e = 0; e < r.perSource[s].eps.size(); ++e) {
            const EpsResult& result = r.perSource[s].eps[e];
            const std::int64_t fooled = (result.y1 != r.y).sum().item<std::int64_t>();
            TableRow row(table);
            row << r.sources[s] << r.eps[e] << static_cast<double>(r.y.numel())
                << metrics::wilson(fooled, r.y.numel()) << result.meanL2 << result.meanLinf
                << r.spearman(s, e);
            if (r.targeted)
                row << result.targetHit;
        }
    }
    return table;
}

Table modelsTable(const std::vector<ModelRow>& models)
{
    Table table{
        .name = "models",
        .title = "Models",
        .caption = "Clean accuracy on the test images drawn for this run, with its Wilson 95 % interval, and "
                   "on the whole test split by the model's card.",
        .section = "Models"};
    table.columns = {textColumn("model", "Model"),
                     textColumn("architecture", "Architecture"),
                     textColumn("role", "Role"),
                     numberColumn("accuracy", "Accuracy", 3),
                     numberColumn("accuracy_low", "low", 3),
                     numberColumn("accuracy_high", "high", 3),
                     numberColumn("card_accuracy", "Accuracy by card", 4)};
    for (const ModelRow& m : models) {
        const char* role = m.isSource ? (m.isTarget ? "source and target" : "source") : "target";
        TableRow(table) << m.name << m.architecture << std::string(role) << m.accuracy << m.cardAccuracy;
    }
    return table;
}

std::vector<Metric> accuracyMetrics(const std::vector<ModelRow>& models, const std::string& dataset)
{
    std::vector<Metric> result;
    for (const ModelRow& m : models)
        result.push_back(rateNumber("accuracy." + m.name, m.accuracy,
                                    "clean test images of " + dataset + " drawn for this run"));
    return result;
}

std::vector<Metric> resultMetrics(const ClassAwareResults& r)
{
    std::vector<Metric> result;
    const std::size_t last = r.eps.size() - 1;
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        if (!r.done(s, last))
            continue;
        const std::string& source = r.sources[s];
        const std::int64_t fooled = (r.perSource[s].eps[last].y1 != r.y).sum().item<std::int64_t>();
        result.push_back(
            rateNumber("source_success." + source, metrics::wilson(fooled, r.y.numel()),
                       "attacked images that all models classify correctly, at the largest eps"));
        for (const std::size_t t : r.bySimilarity(s)) {
            const OutcomeCounts c = r.counts(s, t, last);
            const std::string pair = source + "." + r.targets[t];
            if (c.fooled() > 0)
                result.push_back(rateNumber("transfer." + pair,
                                            outcomeRates(c, Denominator::Fooled).transferred,
                                            "images that fool " + source + " at the largest eps"));
            if (c.transferred() > 0)
                result.push_back(rateNumber("same_share." + pair, sameMistakeShare(c),
                                            "images that fool both models at the largest eps"));
            result.push_back(
                {.name = "distance." + pair, .value = r.perSource[s].similarity[t].distance, .unit = "L2"});
        }
        if (const double rho = r.spearman(s, last); std::isfinite(rho))
            result.push_back({.name = "spearman." + source, .value = rho});
    }
    return result;
}

} // namespace assay::transfer
