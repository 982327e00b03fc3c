#pragma once

#include "widgets/theme/theme.h"

#include <QWidget>

class QLabel;
class QListView;
class QPushButton;

namespace assay::widgets {

class EngineClient;
class JobDelegate;
class JobsModel;

/// The queue: a row per job with its progress, what it does, how fast and for how long still. The cross, or
/// Delete, cancels a job; a double click, or Enter, asks to open its run. The client outlives the view;
/// the model is the view's own, and others may look at it too.
class JobsView : public QWidget
{
    Q_OBJECT
public:
    explicit JobsView(EngineClient* client, QWidget* parent = nullptr);
    JobsModel* model() const { return m_model; }
    void setTheme(const Theme& theme);

Q_SIGNALS:
    void openRequested(const QString& run);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();
    void cancelCurrent();

    EngineClient* m_client;
    JobsModel* m_model;
    QListView* m_list;
    JobDelegate* m_delegate;
    QLabel* m_empty;
    QPushButton* m_cancel;
    QPushButton* m_clear;
};

} // namespace assay::widgets
