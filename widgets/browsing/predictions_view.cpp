#include "widgets/browsing/predictions_view.h"

#include <QPainter>

#include <algorithm>

namespace assay::widgets {

namespace {

QString shareText(double probability)
{
    return QStringLiteral("%1 %").arg(100 * probability, 0, 'f', 1);
}

} // namespace

PredictionsView::PredictionsView(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("predictions"));
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setPredictions({}, {});
}

void PredictionsView::setPredictions(const QList<SampleReply::Prediction>& predictions, const QString& truth)
{
    m_predictions = predictions;
    m_truth = truth;
    const QString text = spoken();
    setAccessibleName(text.isEmpty() ? tr("Predictions") : text);
    updateGeometry();
    update();
}

void PredictionsView::setTheme(const Theme& theme)
{
    m_theme = theme;
    update();
}

QString PredictionsView::spoken() const
{
    QStringList lines;
    for (const SampleReply::Prediction& prediction : m_predictions) {
        QStringList parts;
        for (const SampleReply::Guess& guess : prediction.top)
            parts << guess.className + QLatin1Char(' ') + shareText(guess.probability);
        lines << prediction.model + QStringLiteral(": ") +
                     (prediction.error.isEmpty() ? parts.join(QStringLiteral(", ")) : prediction.error);
    }
    return lines.join(QLatin1Char('\n'));
}

int PredictionsView::heightForWidth(int width) const
{
    return arrange(width, nullptr);
}

QSize PredictionsView::sizeHint() const
{
    const int width = fontMetrics().height() * 15;
    return {width, heightForWidth(width)};
}

QSize PredictionsView::minimumSizeHint() const
{
    return {fontMetrics().height() * 8, 0};
}

void PredictionsView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    arrange(width(), &painter);
}

int PredictionsView::arrange(int width, QPainter* painter) const
{
    const QFontMetrics metrics = fontMetrics();
    const int line = metrics.height();
    int y = 0;
    for (const SampleReply::Prediction& prediction : m_predictions) {
        if (painter) {
            painter->setPen(m_theme.mutedText);
            painter->drawText(QRect(0, y, width, line), Qt::AlignLeft | Qt::AlignVCenter,
                              metrics.elidedText(prediction.model, Qt::ElideRight, width));
        }
        y += line * 5 / 4;
        if (!prediction.error.isEmpty()) {
            const QRect room(0, y, std::max(1, width), 100 * line);
            const int height = metrics.boundingRect(room, Qt::TextWordWrap, prediction.error).height();
            if (painter) {
                painter->setPen(m_theme.bad);
                painter->drawText(QRect(0, y, width, height), Qt::TextWordWrap, prediction.error);
            }
            y += height;
        }
        for (const SampleReply::Guess& guess : prediction.top) {
            if (painter)
                drawGuess(*painter, QRect(0, y, width, line * 5 / 4), guess);
            y += line * 3 / 2;
        }
        y += line / 2;
    }
    return y;
}

void PredictionsView::drawGuess(QPainter& painter, const QRect& row, const SampleReply::Guess& guess) const
{
    const bool right = !m_truth.isEmpty() && guess.className == m_truth;
    const double round = row.height() / 5.0;
    QColor fill = right ? m_theme.good : m_theme.accent;
    fill.setAlphaF(0.28F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.raised);
    painter.drawRoundedRect(row, round, round);
    QRectF bar(row);
    bar.setWidth(std::max(2.0, row.width() * guess.probability));
    painter.setBrush(fill);
    painter.drawRoundedRect(bar, round, round);
    const int pad = row.height() / 3;
    const QRect inside = row.adjusted(pad, 0, -pad, 0);
    const QString share = shareText(guess.probability);
    const int shareWidth = fontMetrics().horizontalAdvance(share) + pad;
    painter.setPen(m_theme.text);
    painter.drawText(inside, Qt::AlignRight | Qt::AlignVCenter, share);
    const QString name = (right ? QStringLiteral("✓ ") : QString()) + guess.className;
    const QRect left = inside.adjusted(0, 0, -shareWidth, 0);
    painter.drawText(left, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(name, Qt::ElideRight, left.width()));
}

} // namespace assay::widgets
