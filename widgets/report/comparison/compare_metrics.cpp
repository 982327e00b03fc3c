#include "widgets/engine/run_record.h"
#include "widgets/figures/plot_style.h"
#include "widgets/report/comparison/compare_tables.h"
#include "widgets/report/comparison/proportion_difference.h"
#include "widgets/studies/metrics_strip.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace assay::widgets {

namespace {

struct CompareMetricsWords
{
    Q_DECLARE_TR_FUNCTIONS(CompareMetrics)
};

constexpr double kNoMetric = std::numeric_limits<double>::quiet_NaN();

const protocol::Metric* metricOf(const RunRecord& run, const std::string& name)
{
    const auto& all = run.metrics();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.name == name; });
    return found == all.end() ? nullptr : &*found;
}

bool isShare(const protocol::Metric& metric)
{
    return !metric.rateOf.empty() && metric.unit.empty();
}

double shownValue(const protocol::Metric& metric)
{
    return isShare(metric) ? 100 * metric.value : metric.value;
}

/// How the metric's value follows from its count: 1 for shares, 100 for percentages; none for means of rates
/// and other numbers that only carry a count.
std::optional<double> scaleOf(const protocol::Metric& metric)
{
    if (!(metric.denominator > 0) || metric.count < 0 || metric.count > metric.denominator)
        return {};
    const double share = metric.count / metric.denominator;
    for (const double scale : {1.0, 100.0}) {
        if (std::abs(metric.value - scale * share) <= 1e-6 * scale)
            return scale;
    }
    return {};
}

struct MetricDelta
{
    double value = kNoMetric;
    std::string interval = "–";
};

MetricDelta deltaOf(const protocol::Metric& first, const protocol::Metric& other)
{
    MetricDelta delta;
    delta.value = shownValue(other) - shownValue(first);
    const auto scale = scaleOf(first);
    if (!scale || scaleOf(other) != scale)
        return delta;
    const Interval shares =
        differenceInterval(first.count, first.denominator, other.count, other.denominator);
    const double shown = isShare(first) ? 100 : *scale;
    delta.interval = QStringLiteral("[%1, %2]%3")
                         .arg(numberText(shown * shares.low), numberText(shown * shares.high),
                              shares.excludes(0) ? QStringLiteral(" *") : QString())
                         .toStdString();
    return delta;
}

QString metricLabel(const protocol::Metric& metric)
{
    const QString name = metricText(metric, {}).name;
    const QString unit = isShare(metric) ? QStringLiteral("%") : QString::fromStdString(metric.unit);
    return unit.isEmpty() ? name : QStringLiteral("%1 (%2)").arg(name, unit);
}

protocol::Column metricColumn(const char* name, std::size_t run, const QString& label)
{
    protocol::Column column;
    column.name = name + std::string("_") + std::to_string(run + 1);
    column.label = label.toStdString();
    return column;
}

} // namespace

std::shared_ptr<const protocol::Table> compareMetrics(const QVector<std::shared_ptr<RunRecord>>& runs,
                                                      const QStringList& names, QStringList& notices)
{
    std::vector<std::string> all;
    for (const auto& run : runs) {
        for (const auto& metric : run->metrics()) {
            if (std::find(all.begin(), all.end(), metric.name) == all.end())
                all.push_back(metric.name);
        }
    }
    if (all.empty()) {
        notices << CompareMetricsWords::tr("None of the runs has metrics.");
        return nullptr;
    }
    const auto count = static_cast<std::size_t>(runs.size());
    protocol::Column metrics;
    metrics.name = "metric";
    metrics.label = CompareMetricsWords::tr("Metric").toStdString();
    std::vector<protocol::Column> values, deltas, intervals;
    for (std::size_t k = 0; k < count; ++k) {
        const QString& name = names[static_cast<qsizetype>(k)];
        values.push_back(metricColumn("run", k, name));
        deltas.push_back(metricColumn("difference", k, CompareMetricsWords::tr("Δ %1").arg(name)));
        intervals.push_back(metricColumn("interval", k, CompareMetricsWords::tr("95 % of Δ")));
    }
    for (const std::string& name : all) {
        const protocol::Metric* first = metricOf(*runs.front(), name);
        const protocol::Metric* any = first;
        for (std::size_t k = 0; k < count; ++k) {
            const protocol::Metric* metric = metricOf(*runs[static_cast<qsizetype>(k)], name);
            any = any ? any : metric;
            values[k].numbers.push_back(metric ? shownValue(*metric) : kNoMetric);
            MetricDelta delta;
            if (first && metric && first->rateOf == metric->rateOf && first->unit == metric->unit)
                delta = deltaOf(*first, *metric);
            else if (first && metric)
                notices << CompareMetricsWords::tr("%1 is a rate of %2 in %3 and of %4 in %5: no difference "
                                                   "is given.")
                               .arg(metricLabel(*first),
                                    QString::fromStdString(first->rateOf.empty() ? "–" : first->rateOf),
                                    names.front(),
                                    QString::fromStdString(metric->rateOf.empty() ? "–" : metric->rateOf),
                                    names[static_cast<qsizetype>(k)]);
            deltas[k].numbers.push_back(delta.value);
            intervals[k].texts.push_back(delta.interval);
        }
        metrics.texts.push_back(metricLabel(*any).toStdString());
    }
    auto table = std::make_shared<protocol::Table>();
    table->name = "comparison-metrics";
    table->title = CompareMetricsWords::tr("Metrics side by side").toStdString();
    table->caption =
        CompareMetricsWords::tr(
            "Δ: difference from %1. Its interval is Newcombe's hybrid score interval, which takes the "
            "samples of the runs as independent: runs that looked at the same images usually differ more "
            "surely than it says. * the interval excludes 0, as about one in twenty does by chance.")
            .arg(names.front())
            .toStdString();
    table->columns.push_back(std::move(metrics));
    for (std::size_t k = 0; k < count; ++k) {
        table->columns.push_back(std::move(values[k]));
        if (k == 0)
            continue;
        table->columns.push_back(std::move(deltas[k]));
        const auto& texts = intervals[k].texts;
        if (std::any_of(texts.begin(), texts.end(), [](const std::string& t) { return t != "–"; }))
            table->columns.push_back(std::move(intervals[k]));
    }
    return table;
}

} // namespace assay::widgets
