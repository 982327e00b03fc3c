#pragma once

#include "widgets/report/editor/report_export.h"
#include "widgets/theme/theme.h"

#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace assay::widgets {

class ElidedLabel;
class FileDialogs;

/// How an export goes, above the report: progress that can be cancelled, then the file that can be opened, or
/// why there is none. Hidden while there is nothing to say.
class ExportStrip : public QFrame
{
    Q_OBJECT
public:
    ExportStrip(QString program, FileDialogs& dialogs, QWidget* parent = nullptr);
    void setTheme(const Theme& theme);
    bool isRunning() const { return m_export.isRunning() || m_waiting; }
    /// An export to @p out is about to begin: the report is written to its file first.
    void expect(const QString& out);
    /// Gives the expected export up: one sentence.
    void giveUp(const QString& sentence);
    /// Begins the expected export.
    void start(const QString& document, const QString& workspace);

private:
    void say(const QString& tone, const QString& sentence);
    void showRunning(bool running);

    ReportExport m_export;
    FileDialogs& m_dialogs;
    Theme m_theme = Theme::light();
    QString m_out, m_main, m_tone;
    bool m_waiting = false;
    QLabel* m_icon;
    ElidedLabel* m_text;
    QProgressBar* m_bar;
    QPushButton* m_cancel;
    QPushButton* m_open;
    QPushButton* m_folder;
    QToolButton* m_close;
};

} // namespace assay::widgets
