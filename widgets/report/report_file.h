#pragma once

#include "widgets/report/report.h"

#include <QStringList>

namespace assay::widgets {

inline constexpr int kReportVersion = 1;

Json toJson(const Report& report);
/// Blocks of a kind this version does not know are kept (ReportBlock::Kind::Unknown) and written back as they
/// were. @throws Error naming @p where when it is no report, or one whose parts cannot be understood.
Report reportFromJson(const Json& json, const QString& where);

/// @throws Error naming the file: missing, larger than 16 MiB, no JSON, no report.
Report readReport(const QString& path);
/// Atomically. @throws Error naming the file and the reason; what was there before stays.
void writeReport(const Report& report, const QString& path);

/// Where a workspace keeps its reports: WORKSPACE/reports/NAME.json.
QString reportFolder(const QString& workspace);
QString reportPath(const QString& workspace, const QString& name);
/// Names of the reports of a workspace, sorted as a person would.
QStringList reportNames(const QString& workspace);
/// A file name for a report of that title that the workspace does not have yet.
QString freshReportName(const QString& workspace, const QString& title);

} // namespace assay::widgets
