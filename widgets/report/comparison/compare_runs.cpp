#include "widgets/report/comparison/compare_runs.h"

#include "widgets/engine/run_record.h"
#include "widgets/report/comparison/compare_tables.h"
#include "widgets/report/comparison/figure_overlay.h"

#include <QCoreApplication>

#include <algorithm>

namespace assay::widgets {

namespace {

struct CompareRunsWords
{
    Q_DECLARE_TR_FUNCTIONS(CompareRuns)
};

/// The data sets a run read, by name and hash; empty when its provenance does not say.
Json datasetsOf(const RunRecord& run)
{
    const Json& made = run.provenance();
    if (!made.is_object() || !made.contains("inputs") || !made["inputs"].is_object())
        return Json::object();
    return made["inputs"].value("datasets", Json::object());
}

void overlayAll(const QVector<std::shared_ptr<RunRecord>>& runs, const QStringList& names,
                const QVector<int>& colours, RunComparison& result)
{
    QStringList figures;
    for (const auto& run : runs) {
        for (const auto& figure : run->figures()) {
            if (const QString name = QString::fromStdString(figure.name); !figures.contains(name))
                figures << name;
        }
    }
    const bool keepSamples = compareOneDataset(runs);
    QStringList alone;
    for (const QString& name : figures) {
        QVector<OverlaidFigure> all;
        for (qsizetype k = 0; k < runs.size(); ++k) {
            if (auto figure = valueOf(runs[k]->figures(), name))
                all.append({std::move(figure), names[k], colours[k]});
        }
        if (all.size() < 2) {
            alone << CompareRunsWords::tr("“%1” (%2)")
                         .arg(QString::fromStdString(all.first().figure->title), all.first().run);
            continue;
        }
        FigureOverlay overlay = overlayFigures(all, keepSamples);
        if (overlay.figure)
            result.overlays.append(std::move(overlay.figure));
        if (!overlay.notice.isEmpty())
            result.notices << overlay.notice;
    }
    if (!alone.isEmpty())
        result.notices << CompareRunsWords::tr("Figures of one run only are not overlaid: %1.")
                              .arg(alone.join(QStringLiteral(", ")));
}

} // namespace

bool compareOneDataset(const QVector<std::shared_ptr<RunRecord>>& runs)
{
    Json first;
    for (const auto& run : runs) {
        if (!run)
            continue;
        Json datasets = datasetsOf(*run);
        if (datasets.empty() || (!first.is_null() && datasets != first))
            return false;
        first = std::move(datasets);
    }
    return !first.is_null();
}

RunComparison compareRuns(const QVector<std::shared_ptr<RunRecord>>& runs, const QStringList& names)
{
    RunComparison result;
    QVector<std::shared_ptr<RunRecord>> present;
    QStringList called;
    QVector<int> colours;
    for (qsizetype k = 0; k < runs.size(); ++k) {
        if (!runs[k]) {
            result.notices << CompareRunsWords::tr("%1 is missing or cannot be read: it is left out.")
                                  .arg(names.value(k));
            continue;
        }
        present << runs[k];
        called << names.value(k);
        colours << static_cast<int>(k);
    }
    if (present.size() < 2) {
        result.notices << CompareRunsWords::tr("There is nothing to compare: choose at least two runs.");
        return result;
    }
    result.parameters = compareParameters(present, called, result.notices);
    result.metrics = compareMetrics(present, called, result.notices);
    overlayAll(present, called, colours, result);
    return result;
}

} // namespace assay::widgets
