#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/backdoor/detect_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

constexpr double kFprOfTable = 0.05;
constexpr const char* kDetectNumbers = "Numbers";

const DetectSubjectResults& subjectOf(const DetectResults& r, const DetectOutcome& o)
{
    return r.subjects[static_cast<std::size_t>(o.subject)];
}

/// Stable output: the columns are promised.
Table aurocTable(const DetectResults& r)
{
    Table t{.name = "auroc", .title = "Every detector, trigger and repeat", .section = "Detectors"};
    t.caption = "As many clean images as ones with the trigger; of detectors that look at the training set, "
                "its images at the rate of the poison. The seed is the number of the repeat.";
    t.columns = {textColumn("detector", "Detector"),
                 textColumn("trigger", "Trigger"),
                 textColumn("dataset", "Data set"),
                 numberColumn("seed", "Repeat", 0),
                 numberColumn("auroc", "AUROC", 3),
                 numberColumn("tpr_at_5fpr", "TPR at 5 % FPR", 3),
                 numberColumn("images_per_second", "Images per second", 1)};
    for (const DetectOutcome& o : r.outcomes) {
        const metrics::SortedScores sorted = o.sorted();
        TableRow(t) << o.detector << subjectOf(r, o).trigger << r.dataset << static_cast<double>(o.seed)
                    << metrics::auroc(sorted) << metrics::tprAtFpr(metrics::rocCurve(sorted), kFprOfTable)
                    << o.imagesPerSecond();
    }
    return t;
}

Table intervalsTable(const DetectResults& r, const DetectParams& p)
{
    Table t{.name = "intervals", .title = "AUROC with its interval over images", .section = kDetectNumbers};
    t.caption = "Percentile bootstrap, 95 %, clean and poisoned images drawn anew apart from each other.";
    t.columns = {textColumn("detector", "Detector"),
                 textColumn("model", "Model"),
                 textColumn("trigger", "Trigger"),
                 numberColumn("seed", "Repeat", 0),
                 textColumn("images", "Images of the"),
                 numberColumn("n_clean", "Clean", 0),
                 numberColumn("n_poisoned", "Poisoned", 0),
                 numberColumn("auroc", "AUROC", 4),
                 numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4),
                 numberColumn("best_f1", "Best F1", 4),
                 numberColumn("best_threshold", "at a score of", 4)};
    for (const DetectOutcome& o : r.outcomes) {
        const metrics::SortedScores sorted = o.sorted();
        const metrics::Interval interval = metrics::aurocInterval(
            sorted, {.resamples = p.resamples, .seed = static_cast<std::uint64_t>(o.seed)});
        const metrics::RocPoint best = metrics::bestF1(metrics::rocCurve(sorted), sorted.positives());
        TableRow(t) << o.detector << subjectOf(r, o).name << subjectOf(r, o).trigger
                    << static_cast<double>(o.seed) << (o.ofTraining ? "training set" : "test set")
                    << static_cast<double>(sorted.negatives()) << static_cast<double>(sorted.positives())
                    << metrics::auroc(sorted) << interval.low << interval.high
                    << metrics::f1Score(best, sorted.positives()) << best.threshold;
    }
    return t;
}

Table operatingTable(const DetectResults& r, const DetectParams& p)
{
    Table t{.name = "operating", .title = "At a threshold", .section = kDetectNumbers};
    t.caption = "The authors' threshold, and the " + reporting::percentText(p.quantile) +
                " quantile of the scores of the defender's clean images. F1 is that of the poisoned ones; "
                "averaged over images (micro) it is the accuracy.";
    t.columns = {textColumn("detector", "Detector"),  textColumn("model", "Model"),
                 textColumn("trigger", "Trigger"),    numberColumn("seed", "Repeat", 0),
                 textColumn("rule", "Threshold by"),  numberColumn("threshold", "Threshold", 4),
                 numberColumn("tpr", "TPR", 4),       numberColumn("tpr_low", "Low", 4),
                 numberColumn("tpr_high", "High", 4), numberColumn("fpr", "FPR", 4),
                 numberColumn("fpr_low", "Low", 4),   numberColumn("fpr_high", "High", 4),
                 numberColumn("f1", "F1", 4),         numberColumn("accuracy", "Accuracy", 4)};
    for (const DetectOutcome& o : r.outcomes) {
        for (const bool own : {true, false}) {
            const double threshold = own ? o.own.value_or(std::nan("")) : o.quantileThreshold(p.quantile);
            if (std::isnan(threshold))
                continue;
            const DetectRates rates = detectRates(o, threshold);
            TableRow(t) << o.detector << subjectOf(r, o).name << subjectOf(r, o).trigger
                        << static_cast<double>(o.seed) << (own ? "authors" : "quantile") << threshold
                        << rates.tpr << rates.fpr << rates.f1 << rates.accuracy;
        }
    }
    return t;
}

/// A detector over the runs of one trigger, or of all.
void addSummary(Table& t, const DetectResults& r, const std::string& detector, const std::string& trigger)
{
    std::vector<double> areas, rates, speeds;
    for (const DetectOutcome& o : r.outcomes) {
        if (o.detector != detector || (!trigger.empty() && subjectOf(r, o).trigger != trigger))
            continue;
        const metrics::SortedScores sorted = o.sorted();
        areas.push_back(metrics::auroc(sorted));
        rates.push_back(metrics::tprAtFpr(metrics::rocCurve(sorted), kFprOfTable));
        speeds.push_back(o.imagesPerSecond());
    }
    const MeanOfRuns area = meanOfRuns(areas);
    TableRow(t) << detector << (trigger.empty() ? std::string("all") : trigger) << static_cast<double>(area.n)
                << area.mean << area.deviation << area.low << area.high << meanOfRuns(rates).mean
                << meanOfRuns(speeds).mean;
}

Table summaryTable(const DetectResults& r)
{
    Table t{.name = "summary", .title = "Means over repeats and triggers", .section = "Detectors"};
    t.caption =
        "Repeats draw other images for the same model: their interval (Student's t, 95 %) does not hold "
        "for other trainings. That of all triggers is over models and repeats alike.";
    t.columns = {textColumn("detector", "Detector"),
                 textColumn("trigger", "Trigger"),
                 numberColumn("runs", "Runs", 0),
                 numberColumn("auroc", "AUROC", 3),
                 numberColumn("deviation", "Deviation", 3),
                 numberColumn("low", "Low", 3),
                 numberColumn("high", "High", 3),
                 numberColumn("tpr_at_5fpr", "TPR at 5 % FPR", 3),
                 numberColumn("images_per_second", "Images per second", 1)};
    for (const std::string& detector : r.detectors()) {
        for (const DetectSubjectResults& subject : r.subjects)
            addSummary(t, r, detector, subject.trigger);
        if (r.subjects.size() > 1)
            addSummary(t, r, detector, {});
    }
    return t;
}

/// False alarms by the class that clean images are filed under, all repeats together.
Table alarmsTable(const DetectResults& r, const DetectParams& p)
{
    Table t{.name = "classes", .title = "False alarms by predicted class", .section = kDetectNumbers};
    t.caption =
        "Of clean images filed under the class (predicted; of training images the label given), at the "
        "authors' threshold or else that quantile.";
    t.columns = {textColumn("detector", "Detector"), textColumn("model", "Model"),
                 textColumn("trigger", "Trigger"),   textColumn("class", "Class"),
                 numberColumn("n", "Images", 0),     numberColumn("flagged", "Flagged", 0),
                 numberColumn("fpr", "FPR", 4),      numberColumn("low", "Low", 4),
                 numberColumn("high", "High", 4)};
    for (const std::string& detector : r.detectors()) {
        for (std::size_t s = 0; s < r.subjects.size(); ++s) {
            for (std::size_t c = 0; c < r.classes.size(); ++c) {
                std::int64_t n = 0, flagged = 0;
                for (const DetectOutcome& o : r.outcomes) {
                    if (o.detector != detector || o.subject != static_cast<std::int64_t>(s))
                        continue;
                    const torch::Tensor own =
                        o.filed.eq(static_cast<std::int64_t>(c)).logical_and(o.poisoned.logical_not());
                    n += own.sum().item<std::int64_t>();
                    flagged +=
                        o.scores.gt(o.usualThreshold(p.quantile)).logical_and(own).sum().item<std::int64_t>();
                }
                TableRow(t) << detector << r.subjects[s].name << r.subjects[s].trigger << r.classes[c]
                            << static_cast<double>(n) << static_cast<double>(flagged)
                            << metrics::wilson(flagged, n);
            }
        }
    }
    return t;
}

Table scoresTable(const DetectResults& r)
{
    Table t{.name = "scores", .title = "Every image of the first repeat", .section = kDetectNumbers};
    t.caption = "Numbers of training images count on after those of the test images.";
    t.columns = {textColumn("detector", "Detector"), textColumn("model", "Model"),
                 textColumn("trigger", "Trigger"),   numberColumn("sample", "Sample", 0),
                 textColumn("kind", "Kind"),         textColumn("class", "True class"),
                 textColumn("filed", "Filed under"), numberColumn("score", "Score", 5)};
    for (const DetectOutcome& o : r.outcomes) {
        if (o.seed != 0)
            continue;
        const auto* ids = o.ids.data_ptr<std::int64_t>();
        const auto* truth = o.truth.data_ptr<std::int64_t>();
        const auto* filed = o.filed.data_ptr<std::int64_t>();
        for (std::int64_t i = 0; i < o.size(); ++i) {
            TableRow(t) << o.detector << subjectOf(r, o).name << subjectOf(r, o).trigger
                        << static_cast<double>(ids[i])
                        << (o.poisoned.data_ptr<bool>()[i] ? "poisoned" : "clean")
                        << r.classes[static_cast<std::size_t>(truth[i])]
                        << r.classes[static_cast<std::size_t>(filed[i])] << o.scores.data_ptr<double>()[i];
            t.samples.add({ids[i]});
        }
    }
    return t;
}

Table selectionTable(const DetectResults& r)
{
    Table t{.name = "selection", .title = "How IBD-PSC chose its layers", .section = "Layers"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("trigger", "Trigger"),
                 numberColumn("seed", "Repeat", 0),
                 numberColumn("omega", "ω"),
                 numberColumn("layers", "Amplified layers i", 0),
                 numberColumn("eta", "Error η(i)", 4),
                 numberColumn("k", "k", 0),
                 numberColumn("crossed", "Above ξ", 0)};
    for (const DetectSubjectResults& s : r.subjects)
        for (std::size_t seed = 0; seed < s.traces.size(); ++seed)
            for (const PscTrace& trace : s.traces[seed])
                for (std::size_t i = 0; i < trace.eta.size(); ++i)
                    TableRow(t) << s.name << s.trigger << static_cast<double>(seed) << trace.omega
                                << static_cast<double>(i + 1) << trace.eta[i] << static_cast<double>(trace.k)
                                << (trace.crossed ? 1.0 : 0.0);
    return t;
}

Table hardnessTable(const DetectResults& r)
{
    Table t{.name = "hardness", .title = "Mean severity that flips the class", .section = "Corruptions"};
    t.caption = "1 to 5, and 6 where none does. First repeat.";
    t.columns = {textColumn("model", "Model"), textColumn("trigger", "Trigger"),
                 textColumn("corruption", "Corruption"), numberColumn("clean", "Clean images", 2),
                 numberColumn("poisoned", "With the trigger", 2)};
    for (std::size_t s = 0; s < r.subjects.size(); ++s) {
        const DetectOutcome* teco = r.find(static_cast<std::int64_t>(s), 0, "teco");
        if (!teco)
            continue;
        const torch::Tensor hardness = r.subjects[s].hardness.to(torch::kFloat64);
        const auto meanOf = [&](const torch::Tensor& rows) {
            return hardness.index_select(0, rows.nonzero().flatten()).mean(0);
        };
        const torch::Tensor clean = meanOf(teco->poisoned.logical_not()), bad = meanOf(teco->poisoned);
        for (std::size_t k = 0; k < r.corruptions.size(); ++k)
            TableRow(t) << r.subjects[s].name << r.subjects[s].trigger << r.corruptions[k]
                        << clean[static_cast<std::int64_t>(k)].item<double>()
                        << bad[static_cast<std::int64_t>(k)].item<double>();
    }
    return t;
}

} // namespace

void emitDetectTables(engine::RunContext& ctx, const DetectResults& r, const DetectParams& p)
{
    ctx.table(summaryTable(r));
    ctx.table(aurocTable(r));
    ctx.checkpoint();
    ctx.table(intervalsTable(r, p));
    ctx.checkpoint();
    ctx.table(operatingTable(r, p));
    ctx.table(alarmsTable(r, p));
    ctx.table(scoresTable(r));
    const std::vector<std::string> detectors = r.detectors();
    if (std::ranges::find(detectors, "psc") != detectors.end())
        ctx.table(selectionTable(r));
    if (std::ranges::find(detectors, "teco") != detectors.end())
        ctx.table(hardnessTable(r));
    for (const std::string& detector : detectors) {
        std::vector<double> areas;
        for (const DetectOutcome& o : r.outcomes)
            if (o.detector == detector)
                areas.push_back(metrics::auroc(o.sorted()));
        const MeanOfRuns mean = meanOfRuns(areas);
        protocol::Metric metric{.name = "auroc." + detector, .value = mean.mean};
        if (!std::isnan(mean.low)) {
            metric.low = mean.low;
            metric.high = mean.high;
            metric.interval = "Student's t 95 % over repeats and triggers";
        }
        ctx.metric(std::move(metric));
    }
}

} // namespace assay::backdoor
