#include "backend/engine/reporting/table_rows.h"
#include "plugins/patches/pod_results.h"

#include <cmath>
#include <limits>

namespace assay::patches::pod {

using protocol::Metric;
using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// "naive-1", "naive-1+median".
std::string measuredName(const Subject& subject, Defence defence)
{
    return defence == Defence::None ? subject.name : subject.name + '+' + defenceName(defence);
}

Metric number(std::string name, double value)
{
    Metric metric;
    metric.name = std::move(name);
    metric.value = value;
    return metric;
}

} // namespace

Table apTable(const PodResults& r)
{
    Table table{.name = "ap",
                .title = "Average precision of every detector",
                .caption =
                    "AP at IoU 0.5 (COCO, 101 points) of the objects and of the patches; low and high: "
                    "bootstrap 95 % over images, of ap_person. ap_patch_loose: patches at IoU 0.3. "
                    "Sizes are fractions of the object's diagonal; attacks without shape and size have "
                    "none.",
                .section = "Average precision"};
    table.columns = {textColumn("model", "Detector"),
                     textColumn("attack", "Attack"),
                     textColumn("shape", "Shape"),
                     numberColumn("size", "Size", 2),
                     numberColumn("n", "Images", 0),
                     numberColumn("ap_person", "AP, objects", 3),
                     numberColumn("ap_patch", "AP, patches", 3),
                     numberColumn("low", "low", 3),
                     numberColumn("high", "high", 3),
                     numberColumn("ap_patch_loose", "AP, patches, IoU 0.3", 3),
                     numberColumn("false_patches", "False patches an image", 3)};
    for (const Subject& subject : r.subjects)
        for (const Outcome& o : subject.outcomes)
            TableRow(table) << measuredName(subject, o.defence) << o.scenario.attack << o.scenario.shape
                            << (o.scenario.shape.empty() ? kNothing : o.scenario.size)
                            << static_cast<double>(o.images) << o.apObject << o.apPatch.value_or(kNothing)
                            << o.apInterval.low << o.apInterval.high << o.apPatchLoose.value_or(kNothing)
                            << (subject.reading.patch ? o.falsePatches : kNothing);
    return table;
}

Table summaryTable(const PodResults& r)
{
    Table table{.name = "summary",
                .title = "Average precision of every training",
                .caption = "Means and standard deviations over the repeats, AP at IoU 0.5 of the objects.",
                .section = "Average precision"};
    table.columns = {textColumn("training", "Training"),
                     textColumn("defence", "Defence"),
                     textColumn("attack", "Attack"),
                     textColumn("shape", "Shape"),
                     numberColumn("size", "Size", 2),
                     numberColumn("repeats", "Repeats", 0),
                     numberColumn("ap_person", "AP, objects", 3),
                     numberColumn("deviation", "±", 3),
                     numberColumn("ap_patch", "AP, patches", 3),
                     numberColumn("ap_patch_loose", "AP, patches, IoU 0.3", 3)};
    for (const std::string& group : r.groups) {
        std::vector<std::pair<Scenario, Defence>> seen;
        for (const Subject& subject : r.subjects)
            for (const Outcome& o : subject.outcomes) {
                const std::pair<Scenario, Defence> what{o.scenario, o.defence};
                if (subject.group != group || std::ranges::find(seen, what) != seen.end())
                    continue;
                seen.push_back(what);
                std::vector<double> object, patch, loose;
                for (const Outcome* one : r.outcomes(group, o.scenario, o.defence)) {
                    object.push_back(one->apObject);
                    patch.push_back(one->apPatch.value_or(kNothing));
                    loose.push_back(one->apPatchLoose.value_or(kNothing));
                }
                const Spread spread = spreadOf(object);
                TableRow(table) << group << std::string(defenceName(o.defence)) << o.scenario.attack
                                << o.scenario.shape << (o.scenario.shape.empty() ? kNothing : o.scenario.size)
                                << static_cast<double>(spread.count) << spread.mean << spread.deviation
                                << spreadOf(patch).mean << spreadOf(loose).mean;
            }
    }
    return table;
}

Table missedTable(const PodResults& r)
{
    Table table{.name = "missed",
                .title = "Objects missed, by the area of their boxes",
                .caption =
                    "Attack success as the share of objects that are not found with a score of 0.4 (NMS "
                    "at 0.4, IoU 0.5). Areas: thirds of the test images' objects. Wilson 95 % intervals.",
                .section = "Missed objects"};
    table.columns = {
        textColumn("model", "Detector"),  textColumn("attack", "Attack"), textColumn("shape", "Shape"),
        numberColumn("size", "Size", 2),  textColumn("area", "Area"),     numberColumn("n", "Objects", 0),
        numberColumn("asr", "Missed", 3), numberColumn("low", "low", 3),  numberColumn("high", "high", 3)};
    for (const Subject& subject : r.subjects)
        for (const Outcome& o : subject.outcomes)
            for (const AreaBand band : kAreaBands) {
                const auto& counts = o.found[static_cast<std::size_t>(band)];
                TableRow(table) << measuredName(subject, o.defence) << o.scenario.attack << o.scenario.shape
                                << (o.scenario.shape.empty() ? kNothing : o.scenario.size)
                                << std::string(areaName(band)) << static_cast<double>(counts.truths)
                                << metrics::wilson(counts.missed(), counts.truths);
            }
    return table;
}

Table trainingsTable(const PodResults& r)
{
    Table table{.name = "trainings",
                .title = "What the trainings cost",
                .caption =
                    "Times of the training alone; from the cache, those of when it was made. "
                    "against_naive: processor time against that of the undefended training of the same "
                    "repeat.",
                .section = "Training"};
    table.columns = {textColumn("model", "Detector"),
                     textColumn("training", "Training"),
                     numberColumn("repeat", "Repeat", 0),
                     numberColumn("epochs", "Epochs", 0),
                     numberColumn("loss", "Last loss", 3),
                     numberColumn("seconds", "Time", 1, "s"),
                     numberColumn("cpu_seconds", "Processor time", 1, "s"),
                     numberColumn("against_naive", "Against undefended", 2)};
    for (const Subject& subject : r.subjects) {
        if (subject.epochs.empty())
            continue;
        double naive = kNothing;
        for (const Subject& other : r.subjects)
            if (other.group == "naive" && other.repeat == subject.repeat)
                naive = other.cpuSeconds;
        TableRow(table) << subject.name << subject.group << static_cast<double>(subject.repeat)
                        << static_cast<double>(subject.epochs.size()) << subject.epochs.back().loss
                        << subject.seconds << subject.cpuSeconds << subject.cpuSeconds / naive;
    }
    return table;
}

std::vector<Metric> podMetrics(const PodResults& r)
{
    std::vector<Metric> metrics;
    for (const std::string& group : r.groups) {
        for (const std::string& attack : r.attacks)
            if (const auto spread = r.apObject(group, r.usual(attack))) {
                Metric metric =
                    number("ap." + group + '.' + (attack == "none" ? "clean" : attack), spread->mean);
                metric.low = spread->low;
                metric.high = spread->high;
                metric.interval = "range over repeats";
                // One training has no range; what it says is sure up to the choice of the images.
                if (const auto all = r.outcomes(group, r.usual(attack));
                    spread->count == 1 && all.size() == 1) {
                    metric.low = all.front()->apInterval.low;
                    metric.high = all.front()->apInterval.high;
                    metric.interval = "bootstrap over images, 95 %";
                }
                metrics.push_back(std::move(metric));
            }
        std::vector<double> loose, alarms;
        for (const Outcome* outcome : r.outcomes(group, r.usual("scattered")))
            if (outcome->apPatchLoose)
                loose.push_back(*outcome->apPatchLoose);
        for (const Subject& subject : r.subjects)
            if (const Outcome* clean = subject.group == group ? subject.find({}) : nullptr)
                if (subject.reading.patch)
                    alarms.push_back(clean->falsePatches);
        if (!loose.empty())
            metrics.push_back(number("ap_patch." + group + ".scattered", spreadOf(loose).mean));
        if (!alarms.empty())
            metrics.push_back(number("false_patches." + group + ".clean", spreadOf(alarms).mean));
        if (const auto time = r.timeAgainstNaive(group); time && group != "naive")
            metrics.push_back(number("time." + group, *time));
    }
    return metrics;
}

} // namespace assay::patches::pod
