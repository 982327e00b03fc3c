#pragma once

#include "widgets/report/report_content.h"

#include <QHash>
#include <QStringList>

#include <memory>

namespace assay::widgets {

class RunRecord;

/// Collects the runs of a report, in the order in which they are first used.
class RunTraces
{
public:
    void add(const std::shared_ptr<RunRecord>& run, bool newer);
    /// @p label ("Figure 1") shows results of @p run.
    void use(const QString& run, const QString& label);
    void finish(ReportContent& content) const;

private:
    struct Entry
    {
        std::shared_ptr<RunRecord> run;
        QStringList usedIn;
        bool newer = false;
    };
    QStringList m_order;
    QHash<QString, Entry> m_entries;
};

/// One line of the appendix.
struct TraceRow
{
    QString name; ///< "Seed", "LibTorch", "Data set fashion-mnist"
    QString value;
    bool code = false; ///< hashes and commands: set in the font for code
};
/// What @p trace says, without its parameters and command.
QVector<TraceRow> traceRows(const RunTrace& trace);
/// The parameters of its spec, values as on a command line.
QVector<TraceRow> parameterRows(const RunTrace& trace);

} // namespace assay::widgets
