#include "widgets/jobs/jobs_view.h"

#include "widgets/engine/engine_client.h"
#include "widgets/jobs/job_delegate.h"
#include "widgets/jobs/jobs_model.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QVBoxLayout>

namespace assay::widgets {

JobsView::JobsView(EngineClient* client, QWidget* parent)
    : QWidget(parent)
    , m_client(client)
    , m_model(new JobsModel(*client, this))
    , m_list(new QListView(this))
    , m_delegate(new JobDelegate(this))
    , m_empty(
          new QLabel(tr("No runs yet in this session. What you run appears here with its progress."), this))
    , m_cancel(new QPushButton(tr("Cancel run"), this))
    , m_clear(new QPushButton(tr("Clear ended"), this))
{
    setObjectName(QStringLiteral("jobsView"));
    setProperty("kind", QStringLiteral("panel"));
    setAttribute(Qt::WA_StyledBackground);
    m_list->setObjectName(QStringLiteral("jobsList"));
    m_list->setAccessibleName(tr("Runs of this session"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(m_delegate);
    m_list->setMouseTracking(true); // the row under the mouse is lit
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->installEventFilter(this);
    m_empty->setObjectName(QStringLiteral("jobsEmpty"));
    m_empty->setProperty("kind", QStringLiteral("muted"));
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_cancel->setObjectName(QStringLiteral("jobsCancel"));
    m_clear->setObjectName(QStringLiteral("jobsClear"));
    m_cancel->setProperty("kind", QStringLiteral("flat"));
    m_clear->setProperty("kind", QStringLiteral("flat"));

    const int em = fontMetrics().height();
    m_empty->setMargin(em);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(em / 2, 0, em / 2, em / 4);
    buttons->addWidget(m_cancel);
    buttons->addStretch(1);
    buttons->addWidget(m_clear);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 4);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_empty, 1);
    layout->addLayout(buttons);

    connect(m_delegate, &JobDelegate::cancelRequested, client, &EngineClient::cancelRun);
    connect(m_list, &QListView::doubleClicked, this, [this](const QModelIndex& index) {
        Q_EMIT openRequested(index.data(JobsModel::RunRole).toString());
    });
    connect(m_cancel, &QPushButton::clicked, this, &JobsView::cancelCurrent);
    connect(m_clear, &QPushButton::clicked, m_model, &JobsModel::clearEnded);
    connect(m_model, &JobsModel::changed, this, &JobsView::refresh);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &JobsView::refresh);
    refresh();
}

void JobsView::setTheme(const Theme& theme)
{
    m_delegate->setTheme(theme);
    m_list->viewport()->update();
}

void JobsView::refresh()
{
    const bool any = m_model->rowCount() > 0;
    const QModelIndex current = m_list->currentIndex();
    m_list->setVisible(any);
    m_empty->setVisible(!any);
    m_cancel->setVisible(any);
    m_clear->setVisible(any);
    m_cancel->setEnabled(current.isValid() && !current.data(JobsModel::FinalRole).toBool());
    m_clear->setEnabled(m_model->rowCount() > m_model->activeCount());
}

void JobsView::cancelCurrent()
{
    const QModelIndex current = m_list->currentIndex();
    if (current.isValid() && !current.data(JobsModel::FinalRole).toBool())
        m_client->cancelRun(current.data(JobsModel::RunRole).toString());
}

bool JobsView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_list && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Delete) {
            cancelCurrent();
            return true;
        }
        if ((key == Qt::Key_Return || key == Qt::Key_Enter) && m_list->currentIndex().isValid()) {
            Q_EMIT openRequested(m_list->currentIndex().data(JobsModel::RunRole).toString());
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace assay::widgets
