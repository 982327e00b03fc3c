#pragma once

#include "widgets/report/report_content.h"

#include <QString>
#include <QStringList>

#include <functional>

namespace assay::widgets {

/// Called before each part is drawn; throws to cancel. Nothing half-written stays behind then.
using ReportProgress = std::function<void(int done, int total, const QString& what)>;

/// Each writes one form of @p content and returns the files written. All need a QApplication (offscreen will
/// do), take the GUI thread, and throw Error naming the file when it cannot be written; what was there before
/// stays.

/// One self-contained page: vector figures for light and dark, tables to be sorted, the data behind each
/// figure to be saved from it. Asks the network for nothing.
QStringList writeHtmlReport(const ReportContent& content, const QString& path,
                            const ReportProgress& progress);

/// Pages of A4 with captions, page numbers, and breaks where a person would put them.
QStringList writePdfReport(const ReportContent& content, const QString& path, const ReportProgress& progress);

/// A folder: main.tex, figures/*.pdf, tables/*.tex (booktabs), data/*.dat (pgfplots), images/*.png. A folder
/// that is there already is replaced only if it was written by this function.
QStringList writeLatexReport(const ReportContent& content, const QString& folder,
                             const ReportProgress& progress);

/// The form that the name asks for: .html or .htm, .pdf, else the folder of a LaTeX report.
QStringList writeReportAs(const ReportContent& content, const QString& path, const ReportProgress& progress);

} // namespace assay::widgets
