#include "widgets/studies/study_document.h"

#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/figure_saver.h"
#include "widgets/studies/file_dialogs.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/run_export.h"
#include "widgets/studies/run_header.h"
#include "widgets/studies/setup_panel.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>

#include <algorithm>

namespace assay::widgets {

void StudyDocument::report(const std::function<QString()>& write)
{
    try {
        Q_EMIT noticed(QStringLiteral("good"), write());
    } catch (const Error& error) {
        Q_EMIT noticed(QStringLiteral("bad"), QString::fromUtf8(error.what()));
    }
}

void StudyDocument::buildExportMenu()
{
    QMenu* menu = m_header->exportMenu();
    menu->setObjectName(QStringLiteral("exportMenu"));
    menu->addAction(tr("All figures and tables …"), this, &StudyDocument::exportAll);
    QMenu* one = menu->addMenu(tr("One figure"));
    menu->addAction(tr("Tables as CSV …"), this, &StudyDocument::exportTables);
    menu->addSeparator();
    menu->addAction(tr("Specification as JSON …"), this, &StudyDocument::saveSpec);
    menu->addAction(tr("Copy command line"), this, &StudyDocument::copyCommandLine);
    connect(one, &QMenu::aboutToShow, this, [this, one] {
        one->clear();
        if (!m_record)
            return;
        for (const auto& figure : m_record->figures()) {
            const QString name = QString::fromStdString(figure.name);
            one->addAction(QString::fromStdString(figure.value->title), this,
                           [this, name] { exportFigure(name); });
        }
    });
}

void StudyDocument::exportAll()
{
    if (!m_record)
        return;
    m_services.dialogs.chooseFolder(
        this, tr("Folder for the figures and tables"), [this](const QString& folder) {
            RunExportOptions options;
            options.figure.heightMm = 0;
            options.params = previewParams();
            try {
                auto* job = new RunExportJob(std::make_unique<RunExporter>(*m_record, folder, options), this);
                connect(job, &RunExportJob::finished, this, [this, folder](const QStringList& written) {
                    Q_EMIT noticed(
                        QStringLiteral("good"),
                        tr("Figures and tables written to %1 (%2 files).").arg(folder).arg(written.size()));
                });
                connect(job, &RunExportJob::failed, this,
                        [this](const QString& sentence) { Q_EMIT noticed(QStringLiteral("bad"), sentence); });
                job->start();
            } catch (const Error& error) {
                Q_EMIT noticed(QStringLiteral("bad"), QString::fromUtf8(error.what()));
            }
        });
}

void StudyDocument::exportTables()
{
    if (!m_record)
        return;
    m_services.dialogs.chooseFolder(this, tr("Folder for the tables"), [this](const QString& folder) {
        report([&] {
            for (const auto& table : m_record->tables())
                saveTable(*table.value,
                          QStringLiteral("%1/%2.csv").arg(folder, QString::fromStdString(table.name)));
            return tr("Tables written to %1 (%2 files).").arg(folder).arg(m_record->tables().size());
        });
    });
}

void StudyDocument::exportTable(const QString& name)
{
    const auto table = m_record ? valueOf(m_record->tables(), name) : nullptr;
    if (!table)
        return;
    const auto save = [this, table](const QString& path) {
        report([&] {
            saveTable(*table, path);
            return tr("Table written to %1.").arg(path);
        });
    };
    m_services.dialogs.saveFile(this, tr("Save the table"), name + QStringLiteral(".csv"), tr("CSV (*.csv)"),
                                save);
}

void StudyDocument::exportFigure(const QString& name)
{
    if (!m_record)
        return;
    const auto figure = valueOf(m_record->figures(), name);
    if (!figure)
        return;
    m_saver->save(figure, makeEvidence(*m_record, *figure, previewParams()), m_theme);
}

void StudyDocument::saveSpec()
{
    const protocol::RunSpec spec =
        m_record && !m_record->spec().study.empty() ? m_record->spec() : this->spec();
    m_services.dialogs.saveFile(this, tr("Save the specification"), m_studyId + QStringLiteral(".json"),
                                tr("Run specification (*.json)"), [this, spec](const QString& path) {
                                    report([&] {
                                        writeWhole(path,
                                                   QByteArray::fromStdString(toJson(spec).dump(2) + "\n"));
                                        return tr("Specification written to %1.").arg(path);
                                    });
                                });
}

void StudyDocument::copyCommandLine()
{
    const protocol::RunSpec spec =
        m_record && !m_record->spec().study.empty() ? m_record->spec() : this->spec();
    QGuiApplication::clipboard()->setText(commandLine(spec, protocol::defaults(m_study.schema)));
    Q_EMIT noticed(QStringLiteral("good"),
                   tr("The command line that makes the same run is on the clipboard."));
}

} // namespace assay::widgets
