#include "widgets/studies/run_export.h"

#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/evidence.h"

#include <QDir>
#include <QFileInfo>
#include <QTimer>

namespace assay::widgets {

namespace {

void makeFolder(const QString& folder)
{
    if (!QDir().mkpath(folder))
        throw Error("the folder cannot be made", folder.toStdString(), "Choose a folder you may write to");
}

} // namespace

QStringList exportFormats()
{
    return {QStringLiteral("pdf"), QStringLiteral("svg"), QStringLiteral("png"), QStringLiteral("csv")};
}

RunExporter::RunExporter(const RunRecord& run, const QString& folder, const RunExportOptions& options)
{
    makeFolder(folder);
    for (const auto& named : run.figures()) {
        const std::shared_ptr<const protocol::Figure> figure = named.value;
        const Evidence evidence = makeEvidence(run, *figure, options.params);
        ExportOptions size = options.figure;
        if (size.heightMm <= 0)
            size.heightMm = size.widthMm / (figure->aspect > 0 ? figure->aspect : 1.6);
        for (const QString& format : options.formats) {
            const QString path =
                QStringLiteral("%1/%2.%3").arg(folder, QString::fromStdString(figure->name), format);
            m_steps.push_back(
                [figure, evidence, size, path] { return exportFigure(*figure, evidence, path, size); });
        }
    }
    for (const auto& named : run.tables()) {
        const std::shared_ptr<const protocol::Table> table = named.value;
        const QString path =
            QStringLiteral("%1/tables/%2.csv").arg(folder, QString::fromStdString(table->name));
        m_steps.push_back([table, path] {
            makeFolder(QFileInfo(path).path());
            saveTable(*table, path);
            return QStringList{path};
        });
    }
}

void RunExporter::step()
{
    if (m_steps.empty())
        return;
    const auto next = std::move(m_steps.front());
    m_steps.pop_front();
    m_written += next();
}

void saveTable(const protocol::Table& table, const QString& path)
{
    writeWhole(path, QByteArray::fromStdString(protocol::toCsv(table)));
}

RunExportJob::RunExportJob(std::unique_ptr<RunExporter> exporter, QObject* parent)
    : QObject(parent)
    , m_exporter(std::move(exporter))
{}

void RunExportJob::start()
{
    QTimer::singleShot(0, this, &RunExportJob::next);
}

void RunExportJob::next()
{
    try {
        m_exporter->step();
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
        deleteLater();
        return;
    }
    if (m_exporter->isDone()) {
        Q_EMIT finished(m_exporter->written());
        deleteLater();
        return;
    }
    start();
}

} // namespace assay::widgets
