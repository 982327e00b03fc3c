#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/encryption/train_results.h"

#include <torch/types.h>

#include <cmath>

namespace assay::encryption {

namespace {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

constexpr const char* kTrainSection = "Accuracy";

Table trainAccuracyTable(const TrainResults& r)
{
    Table t{.name = "accuracy", .title = "Accuracy by scheme", .section = kTrainSection};
    t.caption =
        "Of test images under the right key, with Wilson's 95 % interval. Under wrong keys, which differ in "
        "one bit: mean, lowest and highest of the keys. Seconds are those of this run: what lay in the "
        "cache cost none.";
    t.columns = {textColumn("scheme", "Scheme"),
                 textColumn("dataset", "Images"),
                 numberColumn("accuracy", "Accuracy", 4),
                 numberColumn("n", "Images", 0),
                 numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4),
                 numberColumn("seconds", "Seconds", 1),
                 numberColumn("trainings", "Trainings", 0),
                 numberColumn("chance", "Chance", 4),
                 numberColumn("wrong_key", "Wrong keys", 4),
                 numberColumn("wrong_key_low", "Lowest", 4),
                 numberColumn("wrong_key_high", "Highest", 4),
                 numberColumn("parameters", "Parameters", 0),
                 textColumn("keys", "Fingerprint")};
    for (const TrainOutcome& o : r.outcomes) {
        if (o.ofDepths)
            continue;
        const TrainSet& set = r.sets[o.set];
        const metrics::Rate rate = trainAccuracy(o.right(set.testLabels));
        TableRow(t) << o.scheme << set.name << rate.value << static_cast<double>(rate.n) << rate.low
                    << rate.high << o.seconds << static_cast<double>(o.predicted.size(0)) << set.chance()
                    << o.wrongKey << o.wrongLow << o.wrongHigh << static_cast<double>(o.parameters)
                    << o.fingerprints;
    }
    return t;
}

Table trainPartsTable(const TrainResults& r)
{
    Table t{.name = "attributes", .title = "Parts of the class", .section = "What is lost"};
    t.caption =
        "How often the predicted class has the true garment, and the true hue, whatever the other is.";
    t.columns = {textColumn("scheme", "Scheme"),  textColumn("dataset", "Images"),
                 textColumn("attribute", "Part"), numberColumn("accuracy", "Accuracy", 4),
                 numberColumn("n", "Images", 0),  numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4), numberColumn("chance", "Chance", 4)};
    for (const TrainOutcome& o : r.outcomes) {
        const TrainSet& set = r.sets[o.set];
        for (const TrainSet::Part& part : set.parts) {
            if (o.ofDepths)
                continue;
            const metrics::Rate rate = partAccuracy(o, set, part);
            TableRow(t) << o.scheme << set.name << part.name << rate.value << static_cast<double>(rate.n)
                        << rate.low << rate.high << 1 / static_cast<double>(part.values.size());
        }
    }
    return t;
}

Table trainDepthTable(const TrainResults& r)
{
    Table t{.name = "depth", .title = "Accuracy by depth", .section = "Depth"};
    t.caption = "The attacked variant with other depths k of its random network; -1 is the linear encoder.";
    t.columns = {textColumn("scheme", "Scheme"),       textColumn("dataset", "Images"),
                 numberColumn("depth", "Depth k", 0),  numberColumn("accuracy", "Accuracy", 4),
                 numberColumn("n", "Images", 0),       numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4),      numberColumn("wrong_key", "Wrong keys", 4),
                 numberColumn("seconds", "Seconds", 1)};
    for (const TrainOutcome& o : r.outcomes) {
        if (!o.ofDepths)
            continue;
        const metrics::Rate rate = trainAccuracy(o.right(r.sets[o.set].testLabels));
        TableRow(t) << o.scheme << r.sets[o.set].name << static_cast<double>(o.depth) << rate.value
                    << static_cast<double>(rate.n) << rate.low << rate.high << o.wrongKey << o.seconds;
    }
    return t;
}

/// Differences that a reader wants to know: they are reported, whatever they are.
Table trainDifferencesTable(const TrainResults& r)
{
    Table t{.name = "differences", .title = "Differences on the same images", .section = kTrainSection};
    t.caption =
        "Accuracy of the first less that of the second, with the percentile interval of a bootstrap over the "
        "test images (95 %). It does not hold for other trainings and keys: let there be several.";
    t.columns = {textColumn("first", "First"),
                 textColumn("second", "Second"),
                 textColumn("dataset", "Images"),
                 numberColumn("difference", "Difference", 4),
                 numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4),
                 numberColumn("trainings", "Trainings", 0),
                 numberColumn("lowest", "Lowest training", 4),
                 numberColumn("highest", "Highest training", 4)};
    constexpr const char* kPairs[][2] = {{"v1", "v0"},          {"v2", "v0"},    {"v3", "v0"},
                                         {"own", "v0"},         {"v0", "plain"}, {"v1", "plain"},
                                         {"plain-set", "plain"}};
    for (std::size_t set = 0; set < r.sets.size(); ++set) {
        for (const auto& [first, second] : kPairs) {
            const TrainOutcome *a = r.find(set, first), *b = r.find(set, second);
            if (!a || !b)
                continue;
            const torch::Tensor& labels = r.sets[set].testLabels;
            const TrainDifference d = differenceOf(a->right(labels), b->right(labels));
            const torch::Tensor byTraining =
                a->right(labels).to(torch::kFloat64).mean(1) - b->right(labels).to(torch::kFloat64).mean(1);
            TableRow(t) << first << second << r.sets[set].name << d.value << d.low << d.high
                        << static_cast<double>(byTraining.size(0)) << byTraining.min().item<double>()
                        << byTraining.max().item<double>();
        }
    }
    return t;
}

Table trainAttacksTable(const TrainResults& r)
{
    Table t{.name = "attacks", .title = "Attacks on the encoder: " + r.attackedTitle, .section = "Attacks"};
    t.caption =
        "Normalised error on test images: 1 says that nothing was learned, 0 that the encoder is known. "
        "Re-identified: the candidate whose imitated encoding is nearest is the true one. The MMD attack "
        "has no pairs; its squared discrepancy is that of patch means before and after.";
    t.columns = {numberColumn("depth", "Depth k", 0),
                 textColumn("attack", "Attack"),
                 numberColumn("normalised_error", "Normalised error", 4),
                 numberColumn("reidentified", "Re-identified", 4),
                 numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4),
                 numberColumn("candidates", "Candidates", 0),
                 numberColumn("chance", "Chance", 4),
                 numberColumn("mmd_before", "MMD² before", 4),
                 numberColumn("mmd_after", "after", 4),
                 numberColumn("seconds", "Seconds of all", 1)};
    const double none = std::nan("");
    for (const NeuraAttacked& a : r.attacked) {
        const auto candidates = static_cast<double>(a.candidates);
        TableRow(t) << static_cast<double>(a.depth) << "plaintext" << a.plaintext << a.byPlaintext
                    << candidates << 1 / candidates << none << none << a.seconds;
        TableRow(t) << static_cast<double>(a.depth) << "regression" << a.regression << a.byRegression
                    << candidates << 1 / candidates << none << none << a.seconds;
        TableRow(t) << static_cast<double>(a.depth) << "mmd" << none << a.byMmd << candidates
                    << 1 / candidates << a.mmdBefore << a.mmdAfter << a.seconds;
    }
    return t;
}

} // namespace

void emitTrainTables(engine::RunContext& ctx, const TrainResults& r)
{
    ctx.table(trainAccuracyTable(r));
    const Table differences = trainDifferencesTable(r);
    if (differences.rows() > 0)
        ctx.table(differences);
    const Table parts = trainPartsTable(r);
    if (parts.rows() > 0)
        ctx.table(parts);
    ctx.checkpoint();
    const Table depths = trainDepthTable(r);
    if (depths.rows() > 0)
        ctx.table(depths);
    if (!r.attacked.empty())
        ctx.table(trainAttacksTable(r));
}

void emitTrainMetrics(engine::RunContext& ctx, const TrainResults& r)
{
    for (const TrainOutcome& o : r.outcomes) {
        if (o.ofDepths || o.set != 0)
            continue;
        ctx.metric(reporting::rateNumber("accuracy." + o.scheme, trainAccuracy(o.right(r.sets[0].testLabels)),
                                         "test images"));
    }
    for (const NeuraAttacked& a : r.attacked)
        ctx.metric({.name = "plaintext_error." + std::to_string(a.depth), .value = a.plaintext});
}

} // namespace assay::encryption
