#include "widgets/report/editor/report_page.h"

#include "widgets/figures/print_preset.h"
#include "widgets/report/editor/export_strip.h"
#include "widgets/report/editor/report_actions.h"
#include "widgets/report/editor/report_saver.h"
#include "widgets/studies/file_dialogs.h"

#include <QActionGroup>
#include <QFileInfo>
#include <QMenu>
#include <QToolButton>

namespace assay::widgets {

void ReportPage::buildExportMenu()
{
    QMenu* menu = m_export->menu();
    menu->setObjectName(QStringLiteral("exportReportMenu"));
    const auto add = [&](const char* name, const QString& text, const QString& suffix,
                         const QString& filter) {
        menu->addAction(text, this, [this, suffix, filter] { askExport(suffix, filter); })
            ->setObjectName(QString::fromLatin1(name));
    };
    add("exportHtml", tr("Page for the browser (HTML) …"), QStringLiteral("html"), tr("Page (*.html)"));
    add("exportPdf", tr("PDF …"), QStringLiteral("pdf"), tr("PDF (*.pdf)"));
    add("exportLatex", tr("LaTeX folder …"), {}, {});
    menu->addSeparator();
    QMenu* styles = menu->addMenu(tr("Figures are drawn for"));
    styles->setObjectName(QStringLiteral("presetMenu"));
    connect(styles, &QMenu::aboutToShow, this, [this, styles] {
        styles->clear();
        for (const PrintPreset& preset : printPresets()) {
            QAction* action =
                styles->addAction(preset.name, this, [this, id = preset.id] { m_actions->setPreset(id); });
            action->setCheckable(true);
            action->setChecked(preset.id == printPreset(report().preset).id);
        }
    });
    QAction* grey = menu->addAction(tr("Figures survive printing in grey"));
    grey->setObjectName(QStringLiteral("greySafe"));
    grey->setToolTip(
        tr("In the drawings of the files each series gets a dash, a marker and a hatch of its own, "
           "and colour scales grow darker all the way."));
    grey->setCheckable(true);
    connect(menu, &QMenu::aboutToShow, grey, [this, grey] { grey->setChecked(report().greySafe); });
    connect(grey, &QAction::triggered, this, [this](bool on) { m_actions->setGreySafe(on); });
    menu->setToolTipsVisible(true);
}

void ReportPage::askExport(const QString& suffix, const QString& filter)
{
    if (m_strip->isRunning()) {
        Q_EMIT noticed(QStringLiteral("warning"),
                       tr("An export is under way: cancel it, or wait for its end."));
        return;
    }
    if (suffix.isEmpty()) {
        m_services.dialogs.chooseFolder(this, tr("Folder in which the LaTeX report is put"),
                                        [this](const QString& folder) {
                                            // A name with a point in it would ask for another form.
                                            QString own = name();
                                            own.replace(QLatin1Char('.'), QLatin1Char('-'));
                                            exportTo(QStringLiteral("%1/%2-latex").arg(folder, own));
                                        });
        return;
    }
    m_services.dialogs.saveFile(this, tr("Export the report"), name() + QLatin1Char('.') + suffix, filter,
                                [this, suffix](const QString& path) {
                                    // The form is the one that was chosen, whatever the name ends in.
                                    const bool named = QFileInfo(path).suffix().toLower() == suffix;
                                    exportTo(named ? path : path + QLatin1Char('.') + suffix);
                                });
}

void ReportPage::exportTo(const QString& path)
{
    if (!m_saver || m_strip->isRunning())
        return;
    m_strip->expect(path);
    m_saver->saveNow(); // it begins when the report is in its file
}

} // namespace assay::widgets
