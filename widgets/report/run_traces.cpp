#include "widgets/report/run_traces.h"

#include "widgets/engine/json_read.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/evidence.h"

#include <QCoreApplication>
#include <QLocale>

namespace assay::widgets {

namespace {

struct TraceWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::RunTrace)
};

QString shortJson(const Json& value)
{
    return value.is_string()
               ? QString::fromStdString(value.get<std::string>())
               : QString::fromStdString(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// A row for each member of the object @p key of @p json, named by @p prefix and the member.
void addMembers(QVector<TraceRow>& rows, const Json& json, const char* key, const QString& prefix, bool code)
{
    const auto object = json.is_object() ? json.find(key) : json.end();
    if (object == json.end() || !object->is_object())
        return;
    for (const auto& [name, value] : object->items())
        rows << TraceRow{prefix + QString::fromStdString(name), shortJson(value), code};
}

void addText(QVector<TraceRow>& rows, const QString& name, const QString& value, bool code = false)
{
    if (!value.isEmpty())
        rows << TraceRow{name, value, code};
}

} // namespace

void RunTraces::add(const std::shared_ptr<RunRecord>& run, bool newer)
{
    Entry& entry = m_entries[run->id()];
    if (!entry.run)
        m_order << run->id();
    entry.run = run;
    entry.newer = entry.newer || newer;
}

void RunTraces::use(const QString& run, const QString& label)
{
    QStringList& usedIn = m_entries[run].usedIn;
    if (!usedIn.contains(label))
        usedIn << label;
}

void RunTraces::finish(ReportContent& content) const
{
    for (const QString& id : m_order) {
        const Entry& entry = m_entries[id];
        RunTrace trace;
        trace.run = id;
        trace.label = TraceWords::tr("Run %1").arg(content.runs.size() + 1);
        trace.spec = entry.run->spec();
        trace.provenance = entry.run->provenance();
        trace.seconds = numberOf(trace.provenance, "seconds");
        trace.state = QString::fromLatin1(protocol::name(entry.run->state()));
        trace.command = commandLine(trace.spec, {});
        trace.usedIn = entry.usedIn;
        trace.newer = entry.newer;
        content.runs << trace;
    }
}

QVector<TraceRow> traceRows(const RunTrace& trace)
{
    QVector<TraceRow> rows;
    addText(rows, TraceWords::tr("Study"), QString::fromStdString(trace.spec.study), true);
    addText(rows, TraceWords::tr("Run"), trace.run, true);
    addText(rows, TraceWords::tr("State"), trace.state);
    addText(rows, TraceWords::tr("Used in"), trace.usedIn.join(QStringLiteral(", ")));
    if (trace.newer)
        addText(rows, TraceWords::tr("Follows"),
                TraceWords::tr("the newest run of its spec: newer than the one that was put in"));
    addText(rows, TraceWords::tr("Seed"), QString::number(trace.spec.seed));
    const Json& from = trace.provenance;
    addText(rows, TraceWords::tr("Device"),
            textOf(from, "device", QString::fromStdString(trace.spec.device)));
    if (const double threads = numberOf(from, "threads"); threads > 0)
        addText(rows, TraceWords::tr("Threads"), QString::number(threads));
    if (trace.seconds > 0)
        addText(rows, TraceWords::tr("Wall time"),
                TraceWords::tr("%1 s").arg(
                    QLocale::c().toString(trace.seconds, 'f', trace.seconds < 100 ? 1 : 0)));
    addText(rows, TraceWords::tr("Assay"), textOf(from, "assay"));
    addText(rows, TraceWords::tr("Commit"), textOf(from, "commit"), true);
    addText(rows, TraceWords::tr("Version of the study"), textOf(from, "study_version"));
    addMembers(rows, from, "libraries", {}, false);
    const auto inputs = from.is_object() ? from.find("inputs") : from.end();
    if (inputs != from.end()) {
        addMembers(rows, *inputs, "datasets", TraceWords::tr("Data set "), true);
        addMembers(rows, *inputs, "models", TraceWords::tr("Model "), true);
        addMembers(rows, *inputs, "attacks", TraceWords::tr("Attack "), true);
        addMembers(rows, *inputs, "patches", TraceWords::tr("Patch "), true);
    }
    return rows;
}

QVector<TraceRow> parameterRows(const RunTrace& trace)
{
    QVector<TraceRow> rows;
    if (trace.spec.params.is_object()) {
        for (const auto& [name, value] : trace.spec.params.items())
            rows << TraceRow{QString::fromStdString(name), shortJson(value), true};
    }
    return rows;
}

} // namespace assay::widgets
