#include "app/workbench/shell/engine_indicator.h"

#include "widgets/studies/text_kit.h"

#include <QPainter>
#include <QPixmap>

namespace assay::workbench {

using State = widgets::EngineClient::State;

namespace {

QIcon dot(const QColor& colour, int size)
{
    QPixmap pixmap(size * 2, size * 2);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawEllipse(QRectF(size * 0.5, size * 0.5, size, size));
    return QIcon(pixmap);
}

} // namespace

EngineIndicator::EngineIndicator(widgets::EngineClient& engine, QWidget* parent)
    : QToolButton(parent)
    , m_engine(engine)
{
    setObjectName(QStringLiteral("engineIndicator"));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setAutoRaise(true);
    connect(&engine, &widgets::EngineClient::stateChanged, this, &EngineIndicator::refresh);
    refresh();
}

void EngineIndicator::setTheme(const widgets::Theme& theme)
{
    m_theme = theme;
    refresh();
}

void EngineIndicator::refresh()
{
    QString text, tone;
    switch (m_engine.state()) {
    case State::Stopped:
        text = tr("Engine not started");
        break;
    case State::Starting:
        text = tr("Engine starting");
        tone = QStringLiteral("warning");
        break;
    case State::Ready:
        text = tr("Engine ready");
        tone = QStringLiteral("good");
        break;
    case State::Restarting:
        text = tr("Engine restarting");
        tone = QStringLiteral("warning");
        break;
    case State::Failed:
        text = tr("Engine failed");
        tone = QStringLiteral("bad");
        break;
    }
    setText(text);
    setAccessibleName(text);
    setToolTip(m_engine.problem().isEmpty() ? tr("Show diagnostics") : m_engine.problem());
    setIcon(dot(widgets::toneColour(m_theme, tone), fontMetrics().height()));
}

} // namespace assay::workbench
