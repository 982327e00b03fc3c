#include "app/workbench/shell/export_command.h"

#include "app/workbench/shell/export_report.h"
#include "backend/protocol/error.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/run_folder.h"

#include <QDir>
#include <QFileInfo>

#include <cstdio>

namespace assay::workbench {

namespace {

void print(std::FILE* stream, const QString& line)
{
    std::fprintf(stream, "%s\n", line.toUtf8().constData());
}

QString folderOf(const QString& run, const QString& workspace)
{
    const QString inWorkspace = QDir(workspace).filePath(QStringLiteral("runs/") + run);
    for (const QString& folder : {inWorkspace, run}) {
        if (QFileInfo(folder).isDir() && QFileInfo::exists(folder + QStringLiteral("/events.cbor")))
            return folder;
    }
    throw Error("there is no such run in " + workspace.toStdString() + ", and no run folder of that name",
                run.toStdString(), "'assay-cli list runs' shows the runs of a workspace");
}

void exportRun(const QString& folder, const QString& to, const widgets::RunExportOptions& options)
{
    const widgets::RunFolder run = widgets::readRunFolder(folder);
    if (!run.notice.isEmpty())
        print(stderr, run.notice);
    widgets::RunExporter exporter(*run.record, to, options);
    while (!exporter.isDone())
        exporter.step();
    for (const QString& file : exporter.written())
        print(stdout, file);
    if (exporter.written().isEmpty())
        print(stderr, QStringLiteral("%1: this run has neither figures nor tables.").arg(run.record->id()));
}

} // namespace

int runExport(const ExportRequest& request)
{
    QStringList folders;
    try {
        for (const QString& run : request.runs)
            folders << folderOf(run, request.workspace);
    } catch (const Error& error) {
        print(stderr, QString::fromUtf8(error.what()));
        return 2;
    }
    int status = 0;
    if (!request.reports.isEmpty())
        status = exportReports(request, folders);
    if (request.folder.isEmpty())
        return status;
    for (const QString& folder : folders) {
        const QString to =
            folders.size() == 1 ? request.folder : QDir(request.folder).filePath(QDir(folder).dirName());
        try {
            exportRun(folder, to, request.options);
        } catch (const std::exception& error) {
            print(stderr, QString::fromUtf8(error.what()));
            status = 1;
        }
    }
    return status;
}

} // namespace assay::workbench
