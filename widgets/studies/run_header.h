#pragma once

#include "backend/protocol/event.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;
class QMenu;

namespace assay::widgets {

class ElidedLabel;
class RunRecord;
class Theme;

/// "Attacking · 320 of 1,000 · 210 per second · 3.2 s left"; what is not known is left out.
QString progressText(const protocol::Progress& progress);

/// Title, state and progress of a run, with the buttons that act on it.
class RunHeader : public QWidget
{
    Q_OBJECT
public:
    explicit RunHeader(QWidget* parent = nullptr);

    /// @param studyTitle shown when the run has no title of its own.
    void setRun(const RunRecord& run, const QString& studyTitle);
    void setProgress(const protocol::Progress& progress);
    void setTheme(const Theme& theme);
    QMenu* exportMenu() const { return m_exportMenu; }

Q_SIGNALS:
    void cancelRequested();
    /// The run is to be put into a report; a menu is shown beside @p near.
    void reportRequested(QWidget* near);

private:
    ElidedLabel* m_title;
    QLabel* m_state;
    ElidedLabel* m_facts;
    QLabel* m_error;
    QProgressBar* m_bar;
    ElidedLabel* m_progress;
    QPushButton* m_cancel;
    QToolButton* m_report;
    QToolButton* m_export;
    QMenu* m_exportMenu;
};

} // namespace assay::widgets
