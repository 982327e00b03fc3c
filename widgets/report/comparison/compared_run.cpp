#include "widgets/report/comparison/compared_run.h"

#include "widgets/engine/run_record.h"
#include "widgets/report/comparison/compare_tables.h"
#include "widgets/report/report_runs.h"

#include <QCoreApplication>
#include <QSet>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr qsizetype kLongestRunName = 28;
constexpr std::size_t kMostNamingParameters = 2;

bool areGoodNames(const QStringList& names)
{
    const bool fit = std::all_of(names.begin(), names.end(), [](const QString& name) {
        return !name.isEmpty() && name.size() <= kLongestRunName;
    });
    return fit && QSet<QString>(names.begin(), names.end()).size() == names.size();
}

QStringList titlesOf(const QVector<std::shared_ptr<RunRecord>>& runs)
{
    QStringList names;
    for (const auto& run : runs)
        names << QString::fromStdString(run->spec().title);
    return names;
}

} // namespace

QStringList comparedNames(const QVector<std::shared_ptr<RunRecord>>& runs)
{
    const bool allThere =
        std::all_of(runs.begin(), runs.end(), [](const auto& run) { return run != nullptr; });
    if (allThere && runs.size() > 1) {
        for (const QStringList& names : {titlesOf(runs), namesByDifference(runs, kMostNamingParameters)}) {
            if (names.size() == runs.size() && areGoodNames(names))
                return names;
        }
    }
    QStringList letters;
    for (qsizetype k = 0; k < runs.size(); ++k)
        letters << (k < 26 ? QString(QChar(u'A' + char16_t(k))) : QString::number(k + 1));
    return letters;
}

Evidence comparisonEvidence(const QVector<std::shared_ptr<RunRecord>>& runs, const protocol::Figure& figure)
{
    Json json = Json::object();
    json["assay"] = QCoreApplication::applicationVersion().toStdString();
    json["runs"] = Json::array();
    for (const auto& run : runs) {
        if (run)
            json["runs"].push_back({{"run", run->id().toStdString()},
                                    {"spec", toJson(run->spec())},
                                    {"provenance", run->provenance()}});
    }
    json["figure"] = figure.name;
    json["figure_sha256"] = figureHash(figure).toStdString();
    return Evidence{json};
}

ReportBlock comparisonBlock(const QVector<ComparedRun>& runs)
{
    ReportBlock block;
    block.kind = ReportBlock::Kind::Comparison;
    for (const ComparedRun& run : runs) {
        ReportPart part;
        part.name = run.name;
        if (run.record)
            part.source = sourceOf(*run.record);
        part.source.run = run.id;
        // Else two runs of one spec would become one.
        part.source.pinned = true;
        block.parts << part;
    }
    return block;
}

} // namespace assay::widgets
