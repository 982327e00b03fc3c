#include "widgets/studies/scene_bars.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace assay::widgets {

using protocol::SceneBar;

namespace {

constexpr double kRowInEm = 1.45;
constexpr double kLabelShare = 0.42; ///< of the width; then the bar, then the number
constexpr int kWidthInEm = 16;
constexpr int kShades = 64;

QString barText(const SceneBar& bar)
{
    const QString label = QString::fromStdString(bar.label);
    const QString model = QString::fromStdString(bar.group);
    return QStringLiteral("%1 %2")
        .arg(model.isEmpty() ? label : model + QStringLiteral(": ") + label)
        .arg(bar.value, 0, 'f', 3);
}

} // namespace

SceneBars::SceneBars(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("sceneBars"));
    setAccessibleName(tr("Probabilities"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void SceneBars::setScene(const protocol::Scene& scene)
{
    std::vector<Legend> maps;
    for (const protocol::SceneMap& map : scene.maps)
        maps.push_back(
            {QString::fromStdString(map.name), QString::fromStdString(map.colourMap), map.low, map.high});
    if (scene.bars == m_bars && maps == m_maps)
        return;
    const bool sameLines = scene.bars.size() == m_bars.size() && maps.size() == m_maps.size();
    m_bars = scene.bars;
    m_maps = std::move(maps);
    QStringList said;
    for (const SceneBar& bar : m_bars)
        said << barText(bar);
    setAccessibleDescription(said.join(QStringLiteral("; ")));
    if (!sameLines)
        updateGeometry();
    update();
}

void SceneBars::setTheme(const Theme& theme)
{
    m_theme = theme;
    update();
}

double SceneBars::rowHeight() const
{
    return kRowInEm * fontMetrics().height();
}

template <class Draw>
double SceneBars::forEachLine(Draw draw) const
{
    double y = 0;
    const QString* model = nullptr;
    QString group;
    for (const SceneBar& bar : m_bars) {
        const QString its = QString::fromStdString(bar.group);
        if (!its.isEmpty() && (!model || its != group)) {
            y += model ? rowHeight() / 3 : 0;
            draw(nullptr, its, QRectF(0, y, width(), rowHeight()));
            y += rowHeight();
        }
        group = its;
        model = &group;
        draw(&bar, QString(), QRectF(0, y, width(), rowHeight()));
        y += rowHeight();
    }
    return y;
}

QSize SceneBars::sizeHint() const
{
    double height = forEachLine([](const SceneBar*, const QString&, const QRectF&) {});
    if (!m_maps.empty())
        height += (height > 0 ? rowHeight() / 2 : 0) + double(m_maps.size()) * 2.2 * rowHeight();
    return {kWidthInEm * fontMetrics().height(), int(height) + 1};
}

bool SceneBars::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QString text;
        forEachLine([&](const SceneBar* bar, const QString& heading, const QRectF& line) {
            if (line.contains(help->pos()))
                text = bar ? barText(*bar) : heading;
        });
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

void SceneBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    double y = forEachLine([&](const SceneBar* bar, const QString& heading, const QRectF& line) {
        if (bar) {
            paintBar(painter, *bar, line);
            return;
        }
        painter.setPen(m_theme.mutedText);
        painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft,
                         fontMetrics().elidedText(heading, Qt::ElideRight, int(line.width())));
    });
    y += y > 0 ? rowHeight() / 2 : 0;
    for (const Legend& legend : m_maps) {
        paintLegend(painter, legend, QRectF(0, y, width(), 2 * rowHeight()));
        y += 2.2 * rowHeight();
    }
}

void SceneBars::paintBar(QPainter& painter, const SceneBar& bar, const QRectF& line) const
{
    const QFontMetrics metrics = fontMetrics();
    const double em = metrics.height();
    const double number =
        QFontMetricsF(m_theme.monoFont()).horizontalAdvance(QStringLiteral("0.000")) + em / 3;
    const double label = std::min(line.width() * kLabelShare, line.width() - number - 2 * em);
    painter.setFont(font());
    painter.setPen(m_theme.text);
    painter.drawText(
        QRectF(line.left(), line.top(), label - em / 2, line.height()), Qt::AlignVCenter | Qt::AlignLeft,
        metrics.elidedText(QString::fromStdString(bar.label), Qt::ElideRight, int(label - em / 2)));
    QRectF track(line.left() + label, line.top() + line.height() * 0.22, line.width() - label - number,
                 line.height() * 0.56);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.raised);
    painter.drawRoundedRect(track, 3, 3);
    track.setWidth(track.width() * std::clamp(bar.value, 0.0, 1.0));
    const QString role = QString::fromStdString(bar.role);
    painter.setBrush(role.isEmpty() ? m_theme.accent : m_theme.role(role));
    if (track.width() >= 1)
        painter.drawRoundedRect(track, std::min(3.0, track.width() / 2), 3);
    painter.setFont(m_theme.monoFont());
    painter.setPen(m_theme.text);
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, QString::number(bar.value, 'f', 3));
    painter.setFont(font());
}

void SceneBars::paintLegend(QPainter& painter, const Legend& legend, const QRectF& lines) const
{
    const QFontMetrics metrics = fontMetrics();
    const QRectF upper(lines.left(), lines.top(), lines.width(), lines.height() / 2);
    const QRectF strip(lines.left(), upper.bottom(), lines.width(), lines.height() / 4);
    const QString low = QString::number(legend.low, 'g', 3), high = QString::number(legend.high, 'g', 3);
    painter.setPen(m_theme.mutedText);
    painter.drawText(upper, Qt::AlignVCenter | Qt::AlignLeft, low);
    painter.drawText(upper, Qt::AlignVCenter | Qt::AlignRight, high);
    painter.setPen(m_theme.text);
    const double room = upper.width() - metrics.horizontalAdvance(low + high) - metrics.height();
    painter.drawText(upper, Qt::AlignCenter,
                     metrics.elidedText(legend.name, Qt::ElideRight, int(std::max(0.0, room))));
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (int i = 0; i < kShades; ++i) {
        const double left = strip.left() + strip.width() * i / kShades;
        const double right = strip.left() + strip.width() * (i + 1) / kShades;
        painter.fillRect(QRectF(left, strip.top(), right - left + 1, strip.height()) & strip,
                         m_theme.mapped(legend.colours, (i + 0.5) / kShades));
    }
    painter.setRenderHint(QPainter::Antialiasing);
}

} // namespace assay::widgets
