#pragma once

#include "widgets/report/report_content.h"

#include <QByteArray>
#include <QString>

namespace assay::widgets {

// Words and values that the forms of a report have in common.

QString appendixTitle();
QString appendixText();
/// "Run 1: Transfer to six models".
QString traceHeading(const RunTrace& trace);
QString parameterTitle();
QString valueTitle();
QString commandTitle();
/// The day the report was made: "3 May 2026".
QString reportDate(const ReportContent& content);

/// JSON list of ASCII: the evidence of each figure with its place ("figure-3b").
QByteArray reportEvidence(const ReportContent& content);
/// The same in at most kMostEvidence bytes: where it would be more, first the provenance is left out and then
/// the spec, which the appendix both has.
QByteArray boundedReportEvidence(const ReportContent& content);

} // namespace assay::widgets
