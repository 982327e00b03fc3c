#include "widgets/forms/segment_button.h"

#include <QGuiApplication>
#include <QPainter>
#include <QPainterPath>

namespace assay::widgets {

namespace {

QColor blend(const QColor& a, const QColor& b, float share)
{
    return QColor::fromRgbF(a.redF() + (b.redF() - a.redF()) * share,
                            a.greenF() + (b.greenF() - a.greenF()) * share,
                            a.blueF() + (b.blueF() - a.blueF()) * share);
}

} // namespace

SegmentButton::SegmentButton(const QString& text, QWidget* parent)
    : QRadioButton(text, parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_Hover);
}

void SegmentButton::setPlace(Place place)
{
    m_place = place;
    update();
}

QSize SegmentButton::sizeHint() const
{
    const int em = fontMetrics().height();
    return {fontMetrics().horizontalAdvance(text()) + em, em * 26 / 16 + 2};
}

void SegmentButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal radius = fontMetrics().height() * 6 / 16.0;
    // The application's: the style sheet makes the button's own base transparent, which cannot be mixed with.
    const QPalette colours = QGuiApplication::palette();
    const QColor accent = colours.color(QPalette::Link);
    const QColor base = colours.color(QPalette::Base);
    const QColor edge = blend(colours.color(QPalette::Mid), colours.color(QPalette::Text), 0.16F);

    // The frame is one rounded rectangle of which each button draws its part.
    QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    if (m_place == Place::Middle || m_place == Place::Last)
        frame.setLeft(-radius * 2);
    if (m_place == Place::Middle || m_place == Place::First)
        frame.setRight(width() + radius * 2);
    painter.setPen(QPen(edge, 1));
    painter.setBrush(underMouse() && isEnabled() ? blend(base, colours.color(QPalette::Text), 0.05F) : base);
    painter.drawRoundedRect(frame, radius, radius);
    if (m_place == Place::Middle || m_place == Place::Last)
        painter.drawLine(QPointF(0, height() * 0.25), QPointF(0, height() * 0.75));

    QColor ink = colours.color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::Text);
    if (isChecked()) {
        const QRectF pill = QRectF(rect()).adjusted(2.5, 2.5, -2.5, -2.5);
        painter.setPen(QPen(blend(base, accent, isEnabled() ? 0.75F : 0.3F), 1));
        painter.setBrush(blend(base, accent, isEnabled() ? 0.16F : 0.06F));
        painter.drawRoundedRect(pill, radius * 0.7, radius * 0.7);
        if (isEnabled())
            ink = blend(colours.color(QPalette::Text), accent, 0.6F);
    }
    if (hasFocus()) {
        painter.setPen(QPen(accent, 1.6));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), radius * 0.8, radius * 0.8);
    }
    painter.setPen(ink);
    painter.drawText(rect(), Qt::AlignCenter, text());
}

} // namespace assay::widgets
