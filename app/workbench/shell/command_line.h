#pragma once

#include "app/workbench/shell/theme_keeper.h"
#include "widgets/engine/engine_client.h"
#include "widgets/studies/run_export.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace assay::workbench {

/// assay [--workspace DIR] [--engine-command COMMAND] [--light|--dark] [FILE...]
struct WindowRequest
{
    QString workspace; ///< absolute
    widgets::EngineCommand engine;
    std::optional<ThemeKeeper::Choice> appearance;
    QStringList files;
};

/// assay export RUN... --to DIR [--workspace DIR] [--format pdf,svg,png,csv] [--width-mm N] [--dpi N]
/// assay export [RUN...] [--document REPORT] --report OUT... [--workspace DIR] [--title TEXT]
struct ExportRequest
{
    QStringList runs; ///< ids in the workspace, or run folders
    QString workspace;
    QString folder; ///< empty: no single figures
    widgets::RunExportOptions options;
    QStringList reports; ///< what to write: .html, .pdf, or the folder of a LaTeX report
    QString document;    ///< name of a report of the workspace, or its file; empty: all that the runs show
    QString title;       ///< of a report without a document
};

/// The workspace that is opened when none is named: the demonstration.
QString defaultWorkspace();

/// @throws Error naming the option and how to mend it.
WindowRequest parseWindow(const QStringList& arguments);
ExportRequest parseExport(const QStringList& arguments);

QString usage();

} // namespace assay::workbench
