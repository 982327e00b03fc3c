#pragma once

#include "backend/protocol/table.h"
#include "widgets/figures/figure_export.h"

#include <QObject>
#include <QStringList>

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace assay::widgets {

class RunRecord;

struct RunExportOptions
{
    QStringList formats{QStringLiteral("pdf"), QStringLiteral("svg"), QStringLiteral("png"),
                        QStringLiteral("csv")};
    ExportOptions figure;       ///< heightMm 0: from each figure's own aspect
    std::optional<Json> params; ///< with which the figures are drawn, when a preview has moved live ones
};

/// The formats exportFigure() writes.
QStringList exportFormats();

/// Writes a run's figures as FOLDER/NAME.FORMAT with their evidence, and its tables as
/// FOLDER/tables/NAME.csv, one file a step. The window takes a step per turn of its event loop, the command
/// line all at once.
class RunExporter
{
public:
    /// Takes the values as they are now; the run may go on. @throws Error when the folder cannot be made.
    RunExporter(const RunRecord& run, const QString& folder, const RunExportOptions& options);

    bool isDone() const { return m_steps.empty(); }
    /// Writes the next file. @throws Error (unwritable, disk full, ...).
    void step();
    const QStringList& written() const { return m_written; }

private:
    std::deque<std::function<QStringList()>> m_steps;
    QStringList m_written;
};

/// Writes @p table as CSV, atomically. @throws Error.
void saveTable(const protocol::Table& table, const QString& path);

/// A RunExporter driven by the event loop.
class RunExportJob : public QObject
{
    Q_OBJECT
public:
    RunExportJob(std::unique_ptr<RunExporter> exporter, QObject* parent);
    void start();

Q_SIGNALS:
    void finished(const QStringList& written);
    /// What was written before stays.
    void failed(const QString& sentence);

private:
    void next();
    std::unique_ptr<RunExporter> m_exporter;
};

} // namespace assay::widgets
