#pragma once

#include "backend/protocol/json.h"

#include <QString>
#include <QVector>

namespace assay::widgets {

/// Which run a part of a report shows.
struct RunSource
{
    QString run;         ///< the run it was taken from
    bool pinned = false; ///< false: the newest finished run of the same spec stands in its place
    Json spec =
        Json::object(); ///< protocol::toJson of its spec: how newer ones are known, also once it is deleted
    bool operator==(const RunSource&) const = default;
};

/// One result of a run. Blocks about runs as a whole leave the name empty.
struct ReportPart
{
    RunSource source;
    QString name; ///< of the figure, table or gallery within the run
    bool operator==(const ReportPart&) const = default;
};

/// What stands at one place of a report.
struct ReportBlock
{
    enum class Kind {
        Text,       ///< notes in Markdown
        Figure,     ///< one figure, or several as panels (a), (b), ...
        Table,      ///< one table
        Gallery,    ///< images of one gallery
        Summary,    ///< one run: what was asked, and its metrics
        Comparison, ///< two or more runs side by side: parameters, metrics, figures overlaid
        Unknown,    ///< of a later version: kept as it is, shown as a sentence
    };

    QString id; ///< unique in the report, never changed
    Kind kind = Kind::Text;
    QString markdown; ///< Text
    QVector<ReportPart> parts;
    QString caption;    ///< Markdown; empty: the result's own
    int columns = 0;    ///< panels in a row; 0: chosen by their number
    double widthMm = 0; ///< of a figure on paper; 0: the whole text
    int most = 0;       ///< rows of a table or images of a gallery that are shown; 0: chosen
    Json unknown;       ///< Unknown: the block as it was read
    bool operator==(const ReportBlock&) const = default;
};

/// A report: chosen results of runs with notes between them. A value; its file is reports/NAME.json of the
/// workspace (report_file.h).
struct Report
{
    QString title;
    QString author;
    QString preset; ///< id of the PrintPreset its figures are drawn with; empty: the first
    bool greySafe = false; ///< figures of its files: a dash, marker and hatch for each series
    QVector<ReportBlock> blocks;
    bool operator==(const Report&) const = default;

    /// An id that no block has.
    QString freshId() const;
    /// Place of the block, or -1.
    qsizetype find(const QString& id) const;
};

ReportBlock textBlock(const QString& markdown);
ReportBlock resultBlock(ReportBlock::Kind kind, const RunSource& source, const QString& name);

} // namespace assay::widgets
