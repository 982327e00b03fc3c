#include "widgets/studies/figure_saver.h"

#include "backend/protocol/error.h"
#include "widgets/figures/export_dialog.h"
#include "widgets/studies/file_dialogs.h"
#include "widgets/studies/run_export.h"

#include <QFileInfo>

namespace assay::widgets {

FigureSaver::FigureSaver(FileDialogs& dialogs, QWidget* window)
    : QObject(window)
    , m_dialogs(dialogs)
    , m_window(window)
{}

void FigureSaver::save(std::shared_ptr<const protocol::Figure> figure, const Evidence& evidence,
                       const Theme& theme)
{
    auto* dialog = new ExportDialog(figure, nullptr, theme, m_window);
    dialog->setObjectName(QStringLiteral("exportDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOptions(m_options);
    dialog->setFormat(m_format);
    connect(dialog, &QDialog::accepted, this, [this, dialog, figure, evidence] {
        m_options = dialog->options();
        m_format = dialog->format();
        write(figure, evidence);
    });
    dialog->open();
}

void FigureSaver::write(std::shared_ptr<const protocol::Figure> figure, const Evidence& evidence)
{
    const QString name = QString::fromStdString(figure->name) + QLatin1Char('.') + m_format;
    const QString filter = QStringLiteral("%1 (*.%2)").arg(m_format.toUpper(), m_format);
    m_dialogs.saveFile(
        m_window, tr("Export the figure"), name, filter, [this, figure, evidence](const QString& chosen) {
            QString path = chosen;
            if (!exportFormats().contains(QFileInfo(path).suffix().toLower()))
                path += QLatin1Char('.') + m_format;
            try {
                const QStringList files = exportFigure(*figure, evidence, path, m_options);
                Q_EMIT noticed(QStringLiteral("good"), tr("Figure written to %1.").arg(files.value(0, path)));
            } catch (const Error& error) {
                Q_EMIT noticed(QStringLiteral("bad"), QString::fromUtf8(error.what()));
            }
        });
}

} // namespace assay::widgets
