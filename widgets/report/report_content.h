#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/table.h"
#include "widgets/figures/figure_export.h"
#include "widgets/report/report.h"

#include <QDateTime>
#include <QStringList>

#include <memory>

namespace assay::widgets {

class RunProvider;
class RunRecord;

/// A figure within a figure.
struct ContentPanel
{
    QString letter; ///< "a", "b", ...; empty when it stands alone
    std::shared_ptr<const protocol::Figure> figure;
    Evidence evidence;
};

/// One thing to be set on the page. Summaries and comparisons of runs are several of them.
struct ContentItem
{
    enum class Kind { Text, Figure, Table, Gallery, Problem };

    Kind kind = Kind::Text;
    QString block;                ///< id of the ReportBlock it comes from
    QString label;                ///< "Figure 3", "Table 1"; empty for texts and problems
    QString anchor;               ///< "figure-3": unique, [a-z0-9-]; empty as label
    QString text;                 ///< Text: Markdown. Problem: a sentence, plain
    QString caption;              ///< Markdown, without the label
    QVector<ContentPanel> panels; ///< Figure: at least one
    int columns = 1;              ///< Figure: panels in a row
    double widthMm = 0;           ///< Figure: on paper; 0: the whole text
    std::shared_ptr<const protocol::Table> table;
    std::shared_ptr<const protocol::ImageGrid> grid; ///< with its pixels
    int most = 0;                                    ///< Table: rows on paper. Gallery: images. Never 0
    QStringList runs;                                ///< whose results it shows
};

/// How the numbers of one run come to be: for the appendix.
struct RunTrace
{
    QString run;
    QString label; ///< "Run 1"
    protocol::RunSpec spec;
    Json provenance; ///< versions, commit, device, input hashes, seed, wall time (docs/protocol.md)
    double seconds = 0;
    QString state;      ///< "finished", "failed", ...
    QString command;    ///< that makes it again
    QStringList usedIn; ///< "Figure 1", "Table 2"
    bool newer = false; ///< stands in the place of an older run of the same spec
};

/// A report with its runs looked up: what every form of it is written from.
struct ReportContent
{
    QString title;
    QString author;
    QString preset;
    bool greySafe = false;
    QDateTime made;
    QVector<ContentItem> items;
    QVector<RunTrace> runs;
    QStringList notices; ///< torn runs and the like, one sentence each
};

/// Looks up everything @p report shows. Never fails for what is missing: a Problem item says, in its place,
/// what, and how to mend it.
ReportContent resolveReport(const Report& report, RunProvider& runs);

/// A report of everything @p runs show: for a start. @throws Error for a run that cannot be read.
Report reportOfRuns(const QStringList& runs, const QString& title, RunProvider& provider);

/// A block for each figure, gallery and table of @p run, in the order of its sections, with their headings.
/// The blocks have no ids yet.
QVector<ReportBlock> blocksOfRun(const RunRecord& run, const RunSource& source);

/// "a", "b", ... of the panels of a figure, from 0.
QString panelLetter(qsizetype index);

} // namespace assay::widgets
