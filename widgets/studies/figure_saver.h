#pragma once

#include "backend/protocol/figure.h"
#include "widgets/figures/figure_export.h"
#include "widgets/theme/theme.h"

#include <QObject>

#include <memory>

namespace assay::widgets {

class FileDialogs;

/// Asks how and where a figure is to be written, and writes it. Remembers how for the next one.
class FigureSaver : public QObject
{
    Q_OBJECT
public:
    /// @param window above which the questions stand; owns this. @p dialogs outlive it.
    FigureSaver(FileDialogs& dialogs, QWidget* window);

    void save(std::shared_ptr<const protocol::Figure> figure, const Evidence& evidence, const Theme& theme);

Q_SIGNALS:
    /// "good" or "bad", and what has been written or why not.
    void noticed(const QString& tone, const QString& sentence);

private:
    void write(std::shared_ptr<const protocol::Figure> figure, const Evidence& evidence);

    FileDialogs& m_dialogs;
    QWidget* m_window;
    ExportOptions m_options;
    QString m_format = QStringLiteral("pdf");
};

} // namespace assay::widgets
