#include "widgets/report/run_summary.h"

#include "backend/protocol/run_spec.h"
#include "widgets/engine/run_record.h"
#include "widgets/report/report_markdown.h"
#include "widgets/studies/evidence.h"
#include "widgets/studies/metrics_strip.h"

#include <QCoreApplication>

namespace assay::widgets {

namespace {

struct SummaryWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::RunSummary)
};

} // namespace

QString runTitle(const RunRecord& run)
{
    const protocol::RunSpec& spec = run.spec();
    return QString::fromStdString(spec.title.empty() ? spec.study : spec.title);
}

QString summaryLine(const RunRecord& run)
{
    return SummaryWords::tr("study %1, run %2, seed %3, %4")
        .arg(markdownEscaped(QString::fromStdString(run.spec().study)), markdownEscaped(run.id()),
             QString::number(run.spec().seed), QString::fromLatin1(protocol::name(run.state())));
}

QString summaryText(const RunRecord& run)
{
    QString line = summaryLine(run);
    if (!line.isEmpty())
        line[0] = line[0].toUpper();
    QString all = QStringLiteral("**%1.** %2.").arg(markdownEscaped(runTitle(run)), line);
    if (!run.error().isEmpty())
        all += QLatin1Char(' ') + markdownEscaped(run.error());
    return all;
}

std::shared_ptr<const protocol::Table> metricTable(const RunRecord& run)
{
    auto table = std::make_shared<protocol::Table>();
    table->name = "metrics";
    table->title = SummaryWords::tr("Metrics of %1").arg(runTitle(run)).toStdString();
    table->columns = {{.name = "metric", .label = SummaryWords::tr("Metric").toStdString()},
                      {.name = "value", .label = SummaryWords::tr("Value").toStdString()},
                      {.name = "interval", .label = SummaryWords::tr("Interval").toStdString()},
                      {.name = "counts", .label = SummaryWords::tr("Of").toStdString()}};
    for (const protocol::Metric& metric : run.metrics()) {
        const MetricText text = metricText(metric, {});
        table->columns[0].texts.push_back(text.name.toStdString());
        table->columns[1].texts.push_back(text.value.toStdString());
        table->columns[2].texts.push_back(text.interval.toStdString());
        table->columns[3].texts.push_back(text.counts.toStdString());
        if (!metric.interval.empty() && table->caption.empty())
            table->caption =
                SummaryWords::tr("Intervals: %1.").arg(QString::fromStdString(metric.interval)).toStdString();
    }
    const bool counted = std::any_of(table->columns[3].texts.begin(), table->columns[3].texts.end(),
                                     [](const std::string& t) { return !t.empty(); });
    if (!counted)
        table->columns.resize(2);
    return table;
}

QString missingRun(const RunSource& source)
{
    QString words = SummaryWords::tr("Run %1 is not in the workspace any more").arg(source.run);
    words += source.pinned ? SummaryWords::tr(", and this block is pinned to it.")
                           : SummaryWords::tr(", and no other run of the same spec is.");
    try {
        const protocol::RunSpec spec = protocol::specFromJson(source.spec);
        return words + SummaryWords::tr(" Make it again with '%1', or take the block out.")
                           .arg(commandLine(spec, {}));
    } catch (const std::exception&) {
        return words + SummaryWords::tr(" Take the block out, or put another run in its place.");
    }
}

} // namespace assay::widgets
