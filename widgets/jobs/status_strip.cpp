#include "widgets/jobs/status_strip.h"

#include "widgets/engine/engine_client.h"
#include "widgets/jobs/duration_text.h"
#include "widgets/jobs/jobs_model.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QProgressBar>
#include <QToolButton>

#include <cmath>

namespace assay::widgets {

namespace {

constexpr int kTitleEms = 16;
constexpr int kBarEms = 8;
constexpr int kSteps = 1000;

} // namespace

StatusStrip::StatusStrip(EngineClient& client, JobsModel& model, QWidget* parent)
    : QWidget(parent)
    , m_client(client)
    , m_model(model)
    , m_text(new QLabel(this))
    , m_bar(new QProgressBar(this))
    , m_cancel(new QToolButton(this))
{
    setObjectName(QStringLiteral("statusStrip"));
    setCursor(Qt::PointingHandCursor);
    m_text->setObjectName(QStringLiteral("statusText"));
    m_text->setTextFormat(Qt::PlainText);
    m_bar->setObjectName(QStringLiteral("statusBar"));
    m_bar->setAccessibleName(tr("Progress of the current run"));
    m_bar->setTextVisible(false);
    m_cancel->setObjectName(QStringLiteral("statusCancel"));
    m_cancel->setAccessibleName(tr("Cancel the current run"));
    m_cancel->setToolTip(tr("Cancel the current run"));
    m_cancel->setAutoRaise(true);
    m_cancel->setCursor(Qt::ArrowCursor);
    const int em = fontMetrics().height();
    m_bar->setFixedWidth(em * kBarEms);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(em / 2, 0, 0, 0);
    layout->setSpacing(em / 2);
    layout->addWidget(m_text);
    layout->addWidget(m_bar, 0, Qt::AlignVCenter);
    layout->addWidget(m_cancel);
    connect(&model, &JobsModel::changed, this, &StatusStrip::refresh);
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        if (const JobEntry* job = m_model.current())
            m_client.cancelRun(job->run);
    });
    refresh();
}

void StatusStrip::setTheme(const Theme& theme)
{
    m_cancel->setIcon(theme.icon(QStringLiteral("close"), theme.mutedText));
}

void StatusStrip::refresh()
{
    const JobEntry* job = m_model.current();
    setVisible(job != nullptr);
    if (!job)
        return;
    const double fraction = job->fraction();
    m_bar->setRange(0, fraction < 0 ? 0 : kSteps);
    m_bar->setValue(int(std::lround(std::max(0.0, fraction) * kSteps)));
    const int em = fontMetrics().height();
    QStringList parts{fontMetrics().elidedText(job->title, Qt::ElideRight, em * kTitleEms)};
    if (job->state == protocol::RunState::Cancelling)
        parts << job->stateText();
    else if (job->pace.secondsLeft() >= 0)
        parts << tr("%1 left").arg(durationText(job->pace.secondsLeft()));
    if (const int waiting = m_model.activeCount() - 1; waiting > 0)
        parts << tr("%1 waiting").arg(waiting);
    m_text->setText(parts.join(QStringLiteral(" · ")));
    m_cancel->setEnabled(job->state == protocol::RunState::Running);
    setToolTip(job->detail());
}

void StatusStrip::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint()))
        Q_EMIT activated();
}

} // namespace assay::widgets
