#include "app/workbench/shell/export_report.h"

#include "backend/protocol/error.h"
#include "widgets/report/forms/report_writers.h"
#include "widgets/report/report_file.h"
#include "widgets/report/report_runs.h"

#include <QDir>
#include <QFileInfo>

#include <csignal>
#include <cstdio>

namespace assay::workbench {

namespace {

using widgets::FolderRuns;
using widgets::Report;

/// Somebody wants the export to end: the window, or Ctrl+C.
volatile std::sig_atomic_t wantsEnd = 0;

void askForEnd(int)
{
    wantsEnd = 1;
}

void say(std::FILE* stream, const QString& line)
{
    std::fprintf(stream, "%s\n", line.toUtf8().constData());
    std::fflush(stream);
}

/// The document that was named: a file, or a report of the workspace.
Report documentOf(const ExportRequest& request)
{
    const QString inWorkspace = widgets::reportPath(request.workspace, request.document);
    return widgets::readReport(QFileInfo::exists(inWorkspace) ? inWorkspace : request.document);
}

Report reportOf(const ExportRequest& request, const QStringList& folders, FolderRuns& runs)
{
    if (!request.document.isEmpty())
        return documentOf(request);
    QStringList ids;
    for (const QString& folder : folders) {
        runs.add(folder);
        ids << QDir(QDir(folder).absolutePath()).dirName();
    }
    const QString title = request.title.isEmpty() ? QStringLiteral("Report") : request.title;
    return widgets::reportOfRuns(ids, title, runs);
}

} // namespace

int exportReports(const ExportRequest& request, const QStringList& folders)
{
    FolderRuns runs(request.workspace);
    widgets::ReportContent content;
    try {
        content = widgets::resolveReport(reportOf(request, folders, runs), runs);
    } catch (const std::exception& error) {
        say(stderr, QString::fromUtf8(error.what()));
        return 2;
    }
    for (const QString& notice : content.notices)
        say(stderr, notice);
    // Between two parts, so that nothing half-written stays behind.
    std::signal(SIGTERM, askForEnd);
    std::signal(SIGINT, askForEnd);
    const auto progress = [](int done, int total, const QString& what) {
        if (wantsEnd)
            throw Error("the export has been cancelled");
        say(stderr, QStringLiteral("%1/%2 %3").arg(done).arg(total).arg(what));
    };
    int status = 0;
    for (const QString& path : request.reports) {
        try {
            for (const QString& file : widgets::writeReportAs(content, path, progress))
                say(stdout, file);
        } catch (const std::exception& error) {
            say(stderr, QString::fromUtf8(error.what()));
            status = 1;
        }
    }
    return status;
}

} // namespace assay::workbench
