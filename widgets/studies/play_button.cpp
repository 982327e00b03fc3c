#include "widgets/studies/play_button.h"

#include <QTimer>

#include <algorithm>

namespace assay::widgets {

PlayButton::PlayButton(std::string field, const QString& label, QWidget* parent)
    : QPushButton(parent)
    , m_field(std::move(field))
    , m_label(label)
    , m_timer(new QTimer(this))
{
    setObjectName(QStringLiteral("play:") + QString::fromStdString(m_field));
    setProperty("kind", QStringLiteral("flat"));
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setText(tr("Play: %1").arg(m_label));
    setToolTip(tr("Shows one value after the other, to the last"));
    m_timer->setSingleShot(true);
    m_timer->setInterval(kFrameMs);
    connect(this, &QPushButton::toggled, this, &PlayButton::start);
    connect(m_timer, &QTimer::timeout, this, &PlayButton::advance);
    hide();
}

void PlayButton::setFrames(std::vector<double> frames)
{
    m_frames = std::move(frames);
    setVisible(m_frames.size() > 1);
    if (m_frames.size() < 2)
        stop();
}

void PlayButton::start(bool playing)
{
    setText((playing ? tr("Stop: %1") : tr("Play: %1")).arg(m_label));
    m_timer->stop();
    m_waiting = false;
    if (!playing)
        return;
    if (m_frames.empty()) {
        stop();
        return;
    }
    if (m_current >= m_frames.back())
        m_current = m_frames.front() - 1;
    advance();
}

void PlayButton::stop()
{
    setChecked(false);
}

void PlayButton::takeAnswer()
{
    if (!isPlaying() || !m_waiting)
        return;
    m_waiting = false;
    if (!m_frames.empty() && m_current < m_frames.back())
        m_timer->start();
    else
        stop();
}

void PlayButton::advance()
{
    const auto next = std::ranges::upper_bound(m_frames, m_current);
    if (next == m_frames.end()) {
        stop();
        return;
    }
    m_current = *next;
    m_waiting = true;
    Q_EMIT frameWanted(QString::fromStdString(m_field), m_current);
}

} // namespace assay::widgets
