#include "backend/engine/reporting/table_rows.h"
#include "plugins/calibration/methods_report.h"
#include "plugins/calibration/reliability_report.h"

#include <algorithm>
#include <cmath>

namespace assay::confidence {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

/// Calls @p use with model, method, shift and split of all that was measured.
template <class Use>
void forEachMeasured(const MethodResults& r, Use use)
{
    for (std::size_t m = 0; m < r.models.size(); ++m)
        for (std::size_t k = 0; k < r.methods.size(); ++k)
            for (std::size_t s = 0; s < r.shifts.size(); ++s)
                if (r.measured(m, s))
                    for (std::size_t split = 0; split < static_cast<std::size_t>(r.splits); ++split)
                        use(m, k, s, split);
}

/// Mean over the splits of models, and the least and greatest of them.
struct OverSplits
{
    double mean = 0, low = 0, high = 0;
};

template <class Value>
OverSplits overSplits(const MethodResults& r, const std::vector<std::size_t>& models, Value value)
{
    OverSplits over;
    int count = 0;
    for (const std::size_t m : models) {
        for (std::size_t split = 0; split < static_cast<std::size_t>(r.splits); ++split) {
            const double v = value(m, split);
            over.low = count == 0 ? v : std::min(over.low, v);
            over.high = count == 0 ? v : std::max(over.high, v);
            ++count;
            over.mean += (v - over.mean) / count;
        }
    }
    return over;
}

/// Models of one training each stand alone.
struct Family
{
    std::string name;
    std::vector<std::size_t> models;
};

std::vector<Family> familiesOf(const MethodResults& r)
{
    std::vector<Family> families;
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        const auto known = std::ranges::find(families, r.families[m], &Family::name);
        if (known == families.end())
            families.push_back({r.families[m], {m}});
        else
            known->models.push_back(m);
    }
    return families;
}

constexpr std::size_t kEce = 1;

/// How often a method differs significantly from its baseline.
struct Differences
{
    MethodResults::Verdict clean, shifted;
};

Differences differencesOf(const MethodResults& r, const Family& family, std::size_t k)
{
    Differences all;
    for (const std::size_t m : family.models) {
        for (std::size_t s = 0; s < r.shifts.size(); ++s) {
            if (!r.measured(m, s))
                continue;
            const MethodResults::Verdict one = r.verdict(m, k, s, kEce);
            MethodResults::Verdict& sum = r.shifts[s].clean() ? all.clean : all.shifted;
            sum.lower += one.lower;
            sum.higher += one.higher;
            sum.splits += one.splits;
        }
    }
    return all;
}

/// What a calibrator for shifted data promises: less error there, and not more in domain.
std::string promiseText(double shiftedChange, const Differences& d)
{
    const bool lower = shiftedChange < 0 && d.shifted.lower > d.shifted.higher;
    const bool noWorse = d.clean.higher == 0;
    return lower && noWorse ? "both" : lower ? "shifted only" : noWorse ? "clean only" : "neither";
}

} // namespace

Table compareTable(const MethodResults& r, const std::string& name)
{
    Table t{.name = name, .title = "Every model, method, shift and split", .section = "Numbers"};
    t.caption = "Seeds are the numbers of the splits; n is the number of samples judged by.";
    t.columns = {textColumn("model", "Model"),     textColumn("calibrator", "Method"),
                 textColumn("shift", "Shift"),     numberColumn("severity", "Severity"),
                 numberColumn("seed", "Split", 0), numberColumn("n", "Samples", 0)};
    for (const metrics::CalibrationMetric metric : comparedMetrics())
        t.columns.push_back(numberColumn(metricKey(metric), metricTitle(metric), 4));
    forEachMeasured(r, [&](std::size_t m, std::size_t k, std::size_t s, std::size_t split) {
        TableRow row(t);
        row << r.models[m] << r.methods[k].id << r.shifts[s].id << r.shifts[s].severity
            << static_cast<double>(split) << static_cast<double>(r.judged(m, s));
        for (std::size_t q = 0; q < comparedMetrics().size(); ++q)
            row << r.value(m, k, s, split, q);
    });
    return t;
}

Table changesTable(const MethodResults& r)
{
    Table t{.name = "changes", .title = "Change against the baseline", .section = "Numbers"};
    t.caption = "Differences on the same samples, with paired bootstrap intervals (percentile, 95 %).";
    t.columns = {textColumn("model", "Model"),         textColumn("calibrator", "Method"),
                 textColumn("baseline", "Baseline"),   textColumn("shift", "Shift"),
                 numberColumn("severity", "Severity"), numberColumn("seed", "Split", 0),
                 textColumn("metric", "Metric"),       numberColumn("change", "Change", 4),
                 numberColumn("low", "Low", 4),        numberColumn("high", "High", 4)};
    forEachMeasured(r, [&](std::size_t m, std::size_t k, std::size_t s, std::size_t split) {
        if (r.methods[k].baseline == k)
            return;
        for (std::size_t q = 0; q < comparedMetrics().size(); ++q) {
            const metrics::Interval ends = r.interval(m, k, s, split, q);
            TableRow(t) << r.models[m] << r.methods[k].id << r.methods[r.methods[k].baseline].id
                        << r.shifts[s].id << r.shifts[s].severity << static_cast<double>(split)
                        << metricKey(comparedMetrics()[q]) << r.change(m, k, s, split, q) << ends.low
                        << ends.high;
        }
    });
    return t;
}

Table overviewTable(const MethodResults& r)
{
    Table t{.name = "overview", .title = "In domain and under shift", .section = "Overview"};
    t.caption =
        "ECE, mean over splits and over models of one architecture, with the least and the greatest; "
        "shifted: "
        "mean over all shifts and severities. Lower and higher count splits, and shifts, in which the ECE is "
        "significantly below or above that of the method compared with (paired bootstrap, 95 %). Kept: the "
        "shifted ECE is lower in the mean and more often significantly lower than higher; the clean one is "
        "significantly higher in no split.";
    t.columns = {textColumn("model", "Model"),
                 textColumn("calibrator", "Method"),
                 textColumn("baseline", "Compared with"),
                 numberColumn("ece_clean", "ECE clean", 4),
                 numberColumn("ece_shifted", "ECE shifted", 4),
                 textColumn("kept", "Kept"),
                 numberColumn("ece_corrupted", "Corruptions", 4),
                 numberColumn("ece_domains", "Domains", 4),
                 numberColumn("ece_clean_low", "Clean: least", 4),
                 numberColumn("ece_clean_high", "greatest", 4),
                 numberColumn("ece_shifted_low", "Shifted: least", 4),
                 numberColumn("ece_shifted_high", "greatest", 4),
                 numberColumn("clean_lower", "Clean: lower", 0),
                 numberColumn("clean_higher", "Clean: higher", 0),
                 numberColumn("clean_of", "of", 0),
                 numberColumn("shifted_lower", "Shifted: lower", 0),
                 numberColumn("shifted_higher", "Shifted: higher", 0),
                 numberColumn("shifted_of", "of", 0)};
    for (const Family& family : familiesOf(r)) {
        for (std::size_t k = 0; k < r.methods.size(); ++k) {
            const std::size_t baseline = r.methods[k].baseline;
            const OverSplits clean = overSplits(r, family.models, [&](std::size_t m, std::size_t split) {
                return r.value(m, k, 0, split, kEce);
            });
            const OverSplits shifted = overSplits(r, family.models, [&](std::size_t m, std::size_t split) {
                return r.shiftedMean(m, k, split, kEce);
            });
            const OverSplits change = overSplits(r, family.models, [&](std::size_t m, std::size_t split) {
                return r.shiftedMean(m, k, split, kEce) - r.shiftedMean(m, baseline, split, kEce);
            });
            const auto meanOf = [&](MethodResults::Shifted which) {
                return overSplits(r, family.models,
                                  [&](std::size_t m, std::size_t split) {
                                      return r.shiftedMean(m, k, split, kEce, which);
                                  })
                    .mean;
            };
            const Differences d = differencesOf(r, family, k);
            const bool compared = baseline != k && d.shifted.splits > 0;
            TableRow(t) << family.name << r.methods[k].id << r.methods[baseline].id << clean.mean
                        << shifted.mean << (compared ? promiseText(change.mean, d) : "")
                        << meanOf(MethodResults::Shifted::Corrupted)
                        << meanOf(MethodResults::Shifted::Domains) << clean.low << clean.high << shifted.low
                        << shifted.high << d.clean.lower << d.clean.higher << d.clean.splits
                        << d.shifted.lower << d.shifted.higher << d.shifted.splits;
        }
    }
    return t;
}

std::vector<protocol::Metric> methodMetrics(const MethodResults& r)
{
    std::vector<protocol::Metric> metrics;
    const auto add = [&](const std::string& name, const OverSplits& over) {
        metrics.push_back({.name = name,
                           .value = over.mean,
                           .low = over.low,
                           .high = over.high,
                           .interval = "range over splits"});
    };
    for (const Family& family : familiesOf(r)) {
        for (std::size_t k = 0; k < r.methods.size(); ++k) {
            const std::string of = "." + family.name + "." + r.methods[k].id;
            add("ece_clean" + of, overSplits(r, family.models, [&](std::size_t m, std::size_t split) {
                    return r.value(m, k, 0, split, kEce);
                }));
            if (!std::isnan(r.shiftedMean(family.models[0], k, 0, kEce)))
                add("ece_shifted" + of, overSplits(r, family.models, [&](std::size_t m, std::size_t split) {
                        return r.shiftedMean(m, k, split, kEce);
                    }));
        }
    }
    return metrics;
}

} // namespace assay::confidence
