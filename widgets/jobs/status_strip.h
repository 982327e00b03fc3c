#pragma once

#include "widgets/theme/theme.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace assay::widgets {

class EngineClient;
class JobsModel;

/// The job that runs now, for the status bar: its title, how far it is, how long still, and a cross that
/// cancels it. Hidden while nothing runs.
class StatusStrip : public QWidget
{
    Q_OBJECT
public:
    StatusStrip(EngineClient& client, JobsModel& model, QWidget* parent = nullptr);
    void setTheme(const Theme& theme);

Q_SIGNALS:
    /// It was clicked: the user wants to see the queue.
    void activated();

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    void refresh();

    EngineClient& m_client;
    JobsModel& m_model;
    QLabel* m_text;
    QProgressBar* m_bar;
    QToolButton* m_cancel;
};

} // namespace assay::widgets
