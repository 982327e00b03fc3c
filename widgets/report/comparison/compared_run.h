#pragma once

#include "widgets/figures/figure_export.h"
#include "widgets/report/report.h"

#include <QString>
#include <QStringList>
#include <QVector>

#include <memory>

namespace assay::widgets {

class RunRecord;

/// A run of a comparison as its column shows it.
struct ComparedRun
{
    QString id;
    QString name;                      ///< in tables and legends
    std::shared_ptr<RunRecord> record; ///< null: see problem
    QString problem;                   ///< why there is nothing to see, a sentence
    bool awaited = false;              ///< it is being read: the problem will pass
};

/// Names for runs that tell them apart in tables and legends: their titles where all have different ones,
/// else the one or two parameters in which they differ ("eps 0.1"), as long as these are short, else A, B, C.
/// All different. Null runs count as letters.
QStringList comparedNames(const QVector<std::shared_ptr<RunRecord>>& runs);

/// What a figure of a comparison carries of where it came from: as Evidence, but with "runs", a list of
/// {"run", "spec", "provenance"}, in the place of one run.
Evidence comparisonEvidence(const QVector<std::shared_ptr<RunRecord>>& runs, const protocol::Figure& figure);

/// The comparison as a block of a report: its runs pinned, under the names they have here.
ReportBlock comparisonBlock(const QVector<ComparedRun>& runs);

} // namespace assay::widgets
