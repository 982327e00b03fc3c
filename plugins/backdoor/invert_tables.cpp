#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/backdoor/invert_results.h"

#include <algorithm>
#include <limits>

namespace assay::backdoor {

using namespace reporting;
using protocol::Metric;
using protocol::Table;

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

} // namespace

Table inversionTable(const InvertResults& r)
{
    Table t{.name = "inversion", .title = "Recovered triggers", .section = "Verdict"};
    t.caption =
        "success with its Wilson 95 % interval is of judged images of other classes; held says whether "
        "the search reached the success it had to hold; likeness to the planted trigger where that is "
        "known.";
    t.columns = {textColumn("class", "Class"),
                 numberColumn("mask_l1", "Norm of the mask", 2, "pixels"),
                 numberColumn("anomaly_index", "Anomaly index", 2),
                 textColumn("flagged", "Flagged"),
                 textColumn("held", "Held"),
                 numberColumn("success", "Success", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),
                 numberColumn("steps", "Steps", 0),
                 numberColumn("seconds", "Seconds", 1),
                 numberColumn("iou", "IoU of the masks", 2),
                 numberColumn("mask_cosine", "Cosine of the masks", 2),
                 numberColumn("change_cosine", "Cosine of the changes", 2)};
    for (std::size_t i = 0; i < r.triggers.size(); ++i) {
        const InvertedTrigger& trigger = r.triggers[i];
        const InvertLikeness like =
            r.likeness.empty() ? InvertLikeness{kUnknown, kUnknown, kUnknown} : r.likeness[i];
        TableRow(t) << r.classes[std::size_t(trigger.target)] << trigger.norm << r.anomalies.index[i]
                    << std::string(r.anomalies.flagged[i] ? "yes" : "no")
                    << std::string(trigger.held ? "yes" : "no") << r.asr[i] << double(trigger.steps)
                    << trigger.seconds << like.iou << like.maskCosine << like.changeCosine;
    }
    return t;
}

Table invertUnlearnTable(const InvertResults& r)
{
    Table t{.name = "unlearning", .title = "Unlearning with the recovered trigger", .section = "Unlearning"};
    t.caption =
        "clean: accuracy; others, target: accuracy on images of other classes and of the planted "
        "backdoor's target; asr and recovered_accuracy: images with the planted trigger that are taken "
        "for the target, or for what they are; recovered_asr: of the recovered trigger.";
    t.columns = {textColumn("network", "Network"),
                 numberColumn("n", "Images", 0),
                 numberColumn("clean", "Clean", 3),
                 numberColumn("others", "Other classes", 3),
                 numberColumn("target", "Target", 3),
                 numberColumn("asr", "ASR", 3),
                 numberColumn("recovered_accuracy", "Recovered accuracy", 3),
                 numberColumn("recovered_asr", "ASR, recovered trigger", 3)};
    for (const InvertUnlearned& one : r.unlearned) {
        const auto known = [&](const metrics::Rate BackdoorRates::*rate) {
            return one.planted ? (*one.planted.*rate).value : kUnknown;
        };
        TableRow(t) << one.name << double(one.clean.n) << one.clean.value << known(&BackdoorRates::others)
                    << known(&BackdoorRates::target) << known(&BackdoorRates::asr)
                    << known(&BackdoorRates::recovered) << one.recoveredAsr.value;
    }
    return t;
}

std::vector<Metric> invertMetrics(const InvertResults& r)
{
    const std::size_t least = r.smallest();
    std::vector<Metric> all = {
        {.name = "anomaly_index", .value = r.anomalies.index[least]},
        {.name = "smallest_class", .value = double(r.triggers[least].target)},
        {.name = "smallest_norm", .value = r.triggers[least].norm, .unit = "pixels"},
        {.name = "median_norm", .value = r.anomalies.median, .unit = "pixels"},
        {.name = "flagged", .value = double(std::ranges::count(r.anomalies.flagged, true))},
        rateNumber("asr.recovered", r.asr[least], "judged images of other classes")};
    if (!r.likeness.empty() && r.target) {
        const auto at = std::size_t(*r.target);
        all.push_back({.name = "target_anomaly_index",
                       .value = r.triggers[at].norm < r.anomalies.median ? r.anomalies.index[at]
                                                                         : -r.anomalies.index[at]});
        all.push_back({.name = "target_flagged", .value = r.anomalies.flagged[at] ? 1.0 : 0.0});
        all.push_back({.name = "iou", .value = r.likeness[at].iou});
        all.push_back({.name = "mask_cosine", .value = r.likeness[at].maskCosine});
        all.push_back({.name = "change_cosine", .value = r.likeness[at].changeCosine});
    }
    for (const InvertUnlearned& one : r.unlearned) {
        all.push_back(rateNumber("clean." + one.name, one.clean, "judged images"));
        if (one.planted)
            all.push_back(rateNumber("asr." + one.name, one.planted->asr, "judged images of other classes"));
    }
    return all;
}

} // namespace assay::backdoor
