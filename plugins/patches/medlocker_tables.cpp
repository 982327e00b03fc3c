#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/statistics.h"
#include "plugins/patches/medlocker_report.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::medlocker {

using namespace reporting;

namespace {

std::string roleOf(const JudgeModel& model)
{
    return model.surrogate ? "surrogate" : "transfer";
}

torch::Tensor missedMask(const MedlockerResults& r, std::size_t condition, std::size_t model)
{
    return r.at(Condition::Clean)[model].eq(r.y).logical_and(r.likely[condition][model].ne(r.y));
}

void addSweep(protocol::Table& t, const MedlockerResults& r, const std::vector<SweepPoint>& points,
              const std::string& what)
{
    for (const SweepPoint& p : points)
        for (std::size_t m = 0; m < r.models.size(); ++m)
            TableRow(t) << what << p.value << static_cast<double>(p.side) << static_cast<double>(p.n)
                        << static_cast<double>(p.infeasible) << p.free << r.models[m].name
                        << roleOf(r.models[m]) << static_cast<double>(p.optimised[m].n)
                        << p.optimised[m].value << p.random[m].value;
}

metrics::Rate fooledRate(const std::vector<Found>& found)
{
    return metrics::wilson(std::ranges::count_if(found, [](const Found& f) { return f.judged.fooled; }),
                           static_cast<std::int64_t>(found.size()));
}

double meanOver(const std::vector<Found>& found, double (*value)(const Found&))
{
    std::vector<double> values;
    for (const Found& f : found)
        values.push_back(value(f));
    return metrics::mean(values);
}

/// PSNR over all images together, whose squared errors are averaged: finite unless none has any.
double pooledPsnr(const std::vector<double>& decibels)
{
    double errors = 0;
    for (const double d : decibels)
        errors += std::pow(10.0, -d / 10);
    return -10 * std::log10(errors / static_cast<double>(decibels.size()));
}

double queriesOf(const Found& f)
{
    return f.queries;
}

double valueOf(const Found& f)
{
    return f.judged.value;
}

} // namespace

protocol::Table accuracyTable(const MedlockerResults& r)
{
    protocol::Table t{
        .name = "accuracy",
        .title = "Accuracy with and without the logo",
        .caption =
            "accuracy is of the n marked images, which the surrogate classifies correctly without a "
            "logo and which have room for one. asr is the share that the model then misses of those it "
            "classifies correctly without a logo, with a Wilson 95 % interval. The random place and the "
            "corner have the opacity that the search found for the image.",
        .section = "Accuracy"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("role", "Role"),
                 textColumn("condition", "Condition"),
                 numberColumn("n", "Images", 0),
                 numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("asr", "Success", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),
                 numberColumn("correct", "Correct without a logo", 0)};
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        for (std::size_t c = 0; c < kConditions; ++c) {
            const auto condition = static_cast<Condition>(c);
            if (!r.has(condition))
                continue;
            const metrics::Rate asr = r.success(condition, m);
            TableRow(t) << r.models[m].name << roleOf(r.models[m]) << std::string(conditionId(c))
                        << static_cast<double>(r.n()) << r.accuracy(condition, m).value << asr
                        << static_cast<double>(asr.n);
            t.samples.add(idsWhere(r.ids, missedMask(r, c, m)));
        }
    }
    return t;
}

protocol::Table placementTable(const MedlockerResults& r)
{
    protocol::Table t{.name = "placements",
                      .title = "What the search found",
                      .caption = "u and v are column and row of the logo's upper left corner; free is the "
                                 "share of its places that the mask leaves.",
                      .section = "Search"};
    t.columns = {numberColumn("sample", "Sample", 0),
                 textColumn("outcome", "Outcome"),
                 numberColumn("alpha", "Opacity", 3),
                 numberColumn("u", "u", 0, "pixels"),
                 numberColumn("v", "v", 0, "pixels"),
                 numberColumn("side", "Side", 0, "pixels"),
                 numberColumn("threshold", "T_m", 0),
                 numberColumn("free", "Free", 3),
                 numberColumn("queries", "Queries", 0),
                 numberColumn("probability", "p(true class)", 3),
                 numberColumn("psnr", "PSNR with the logo", 1, "dB"),
                 numberColumn("restored_psnr", "PSNR restored", 1, "dB")};
    for (std::int64_t i = 0; i < r.n(); ++i) {
        const auto k = static_cast<std::size_t>(i);
        const Found& f = r.found[k];
        const std::int64_t id = r.ids[i].item<std::int64_t>();
        TableRow(t) << static_cast<double>(id) << std::string(f.judged.fooled ? "missed" : "holds")
                    << f.placement.alpha / 255.0 << static_cast<double>(f.placement.u)
                    << static_cast<double>(f.placement.v) << static_cast<double>(r.sides[k])
                    << r.thresholds[k] << r.free[k] << static_cast<double>(f.queries) << f.judged.truth
                    << r.markedPsnr[k] << r.restoredPsnr[k];
        t.samples.add({id});
    }
    return t;
}

protocol::Table sweepTable(const MedlockerResults& r)
{
    protocol::Table t{.name = "sweeps",
                      .title = "Logo size and T_m",
                      .caption =
                          "Without the fallback: images without room are counted as infeasible and left "
                          "out. free is the mean share of allowed places; optimised and random are "
                          "shares missed of `correct` images.",
                      .section = "Comparisons"};
    t.columns = {textColumn("what", "What"),
                 numberColumn("value", "Value", 2),
                 numberColumn("side", "Side", 0, "pixels"),
                 numberColumn("n", "Images", 0),
                 numberColumn("infeasible", "Infeasible", 0),
                 numberColumn("free", "Free", 3),
                 textColumn("model", "Model"),
                 textColumn("role", "Role"),
                 numberColumn("correct", "Correct", 0),
                 numberColumn("optimised", "Optimised", 3),
                 numberColumn("random", "Random place", 3)};
    addSweep(t, r, r.bySize, "size");
    addSweep(t, r, r.byThreshold, "threshold");
    return t;
}

protocol::Table optimiserTable(const MedlockerResults& r)
{
    protocol::Table t{.name = "optimisers",
                      .title = "Optimisers at equal budget",
                      .caption = "asr is the share of the images that the surrogate misses, at most " +
                                 std::to_string(r.budget) +
                                 " queries each; queries and value (the objective) are means.",
                      .section = "Comparisons"};
    t.columns = {textColumn("optimiser", "Optimiser"), numberColumn("n", "Images", 0),
                 numberColumn("asr", "Success", 3),    numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),      numberColumn("queries", "Queries", 1),
                 numberColumn("value", "Objective", 4)};
    for (const OptimiserResult& o : r.optimisers)
        TableRow(t) << o.id << static_cast<double>(o.found.size()) << fooledRate(o.found)
                    << meanOver(o.found, queriesOf) << meanOver(o.found, valueOf);
    return t;
}

std::vector<protocol::Metric> medlockerMetrics(const MedlockerResults& r)
{
    const auto count = [](const char* name, std::int64_t value) {
        return protocol::Metric{.name = name, .value = static_cast<double>(value)};
    };
    std::vector<protocol::Metric> all = {count("images.drawn", r.drawn),
                                         count("images.marked", r.n()),
                                         count("images.misclassified", r.misclassified),
                                         count("images.infeasible", r.infeasible),
                                         count("images.flat_map", r.flat),
                                         count("images.threshold_raised", r.raised),
                                         count("images.logo_shrunk", r.shrunk),
                                         count("overlap.pixels", r.overlapping)};
    if (r.n() == 0)
        return all;
    for (std::size_t c = 1; c < kConditions; ++c) {
        const auto condition = static_cast<Condition>(c);
        if (!r.has(condition))
            continue;
        const std::string id = conditionId(c);
        all.push_back(rateNumber("asr." + id + ".surrogate", r.success(condition, 0),
                                 "marked images that the surrogate classifies correctly"));
        if (r.models.size() > 1)
            all.push_back({.name = "asr." + id + ".transfer", .value = r.transferSuccess(condition)});
    }
    all.push_back({.name = "queries.mean", .value = meanOver(r.found, queriesOf)});
    all.push_back({.name = "free.mean", .value = metrics::mean(r.free)});
    all.push_back({.name = "psnr.watermarked", .value = pooledPsnr(r.markedPsnr), .unit = "dB"});
    all.push_back({.name = "psnr.restored.min", .value = std::ranges::min(r.restoredPsnr), .unit = "dB"});
    all.push_back({.name = "psnr.restored", .value = pooledPsnr(r.restoredPsnr), .unit = "dB"});
    all.push_back({.name = "psnr.restored16.min", .value = std::ranges::min(r.restoredPsnr16), .unit = "dB"});
    for (const OptimiserResult& o : r.optimisers)
        all.push_back(
            rateNumber("optimiser." + o.id, fooledRate(o.found), "images of the comparison of optimisers"));
    return all;
}

} // namespace assay::medlocker
