#include "widgets/studies/card_delegate.h"

#include "widgets/studies/card_model.h"
#include "widgets/studies/text_kit.h"

#include <QAbstractItemView>
#include <QPainter>

#include <algorithm>

namespace assay::widgets {

namespace {

QFont scaled(const QFont& base, double factor, QFont::Weight weight = QFont::Normal)
{
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * factor);
    font.setWeight(weight);
    return font;
}

int wrappedHeight(const QFont& font, const QString& text, int width, int maxLines)
{
    if (text.isEmpty())
        return 0;
    const QFontMetrics metrics(font);
    const QRect box = metrics.boundingRect(QRect(0, 0, width, 10000), Qt::TextWordWrap, text);
    return std::min(box.height(), metrics.lineSpacing() * maxLines);
}

/// Draws at most @p maxLines wrapped lines at the top of @p area and takes them off it.
void drawWrapped(QPainter* painter, QRect& area, const QFont& font, const QColor& colour, const QString& text,
                 int maxLines)
{
    const int height = wrappedHeight(font, text, area.width(), maxLines);
    if (height == 0)
        return;
    painter->setFont(font);
    painter->setPen(colour);
    const QRect box(area.left(), area.top(), area.width(), height + 1);
    painter->save();
    painter->setClipRect(box, Qt::IntersectClip);
    painter->drawText(box, Qt::TextWordWrap | Qt::AlignTop, text);
    painter->restore();
    area.setTop(area.top() + height);
}

struct Fonts
{
    explicit Fonts(const QFont& base)
        : heading(scaled(base, 0.85, QFont::DemiBold))
        , title(scaled(base, 1.15, QFont::DemiBold))
        , body(base)
        , meta(scaled(base, 0.9))
        , row(scaled(base, 1.0, QFont::DemiBold))
        , space(QFontMetrics(base).height() / 2)
    {
        heading.setCapitalization(QFont::AllUppercase);
        heading.setLetterSpacing(QFont::PercentageSpacing, 106);
    }
    QFont heading, title, body, meta, row;
    int space;
};

constexpr int kBodyLines = 4;
constexpr int kMetaLines = 3;
constexpr int kProblemLines = 6;

} // namespace

CardDelegate::CardDelegate(Density density, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_density(density)
{}

int CardDelegate::availableWidth(const QStyleOptionViewItem& option) const
{
    if (m_cardWidth > 0)
        return m_cardWidth;
    const auto* view = qobject_cast<const QAbstractItemView*>(option.widget);
    return view ? view->viewport()->width() : std::max(option.rect.width(), 200);
}

QSize CardDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Fonts fonts(option.font);
    const int width = availableWidth(option);
    if (m_density == Density::Compact) {
        int height = 2 * fonts.space + QFontMetrics(fonts.row).height();
        if (!index.data(CardModel::MetaRole).toString().isEmpty() ||
            !index.data(CardModel::TagsRole).toStringList().isEmpty())
            height += QFontMetrics(fonts.meta).height() + 2;
        height += wrappedHeight(fonts.meta, index.data(CardModel::BodyRole).toString(),
                                width - 4 * fonts.space, kProblemLines);
        return {width, height};
    }
    const int inner = width - 6 * fonts.space;
    int height = 5 * fonts.space + QFontMetrics(fonts.heading).height();
    height += wrappedHeight(fonts.title, index.data(Qt::DisplayRole).toString(), inner, 2);
    height += wrappedHeight(fonts.body, index.data(CardModel::BodyRole).toString(), inner, kBodyLines) +
              fonts.space;
    height += wrappedHeight(fonts.meta, index.data(CardModel::MetaRole).toString(), inner, kMetaLines) +
              fonts.space;
    return {width, height};
}

void CardDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (m_density == Density::Roomy)
        paintRoomy(painter, option, index);
    else
        paintCompact(painter, option, index);
    painter->restore();
}

void CardDelegate::paintRoomy(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const
{
    const Fonts fonts(option.font);
    const int gap = fonts.space / 2;
    const QRect card = option.rect.adjusted(gap, gap, -gap, -gap);
    const bool hot = option.state & (QStyle::State_MouseOver | QStyle::State_Selected);
    const double radius = fonts.space;
    painter->setPen(QPen(hot ? m_theme.accent : m_theme.border, hot ? 1.5 : 1.0));
    painter->setBrush(m_theme.panel);
    painter->drawRoundedRect(QRectF(card).adjusted(0.75, 0.75, -0.75, -0.75), radius, radius);

    QRect area = card.adjusted(2 * fonts.space, fonts.space + gap, -2 * fonts.space, -fonts.space);
    painter->setFont(fonts.heading);
    painter->setPen(m_theme.accent);
    const int headingHeight = QFontMetrics(fonts.heading).height();
    painter->drawText(area.left(), area.top() + QFontMetrics(fonts.heading).ascent(),
                      index.data(CardModel::HeadingRole).toString());
    area.setTop(area.top() + headingHeight + gap);
    drawWrapped(painter, area, fonts.title, m_theme.text, index.data(Qt::DisplayRole).toString(), 2);
    area.setTop(area.top() + gap);
    drawWrapped(painter, area, fonts.body, m_theme.text, index.data(CardModel::BodyRole).toString(),
                kBodyLines);
    area.setTop(area.top() + fonts.space);
    drawWrapped(painter, area, fonts.meta, m_theme.mutedText, index.data(CardModel::MetaRole).toString(),
                kMetaLines);
}

void CardDelegate::paintCompact(QPainter* painter, const QStyleOptionViewItem& option,
                                const QModelIndex& index) const
{
    const Fonts fonts(option.font);
    const QRectF row = QRectF(option.rect).adjusted(3, 1, -3, -1);
    const bool selected = option.state & QStyle::State_Selected;
    if (selected || option.state & QStyle::State_MouseOver) {
        QColor fill = selected ? m_theme.selection : m_theme.raised;
        painter->setPen(Qt::NoPen);
        painter->setBrush(fill);
        painter->drawRoundedRect(row, fonts.space * 0.7, fonts.space * 0.7);
    }
    if (m_flash > 0 && index.data(CardModel::IdRole).toString() == m_flashId) {
        QColor glow = m_theme.accent;
        painter->setBrush(Qt::NoBrush);
        glow.setAlphaF(float(m_flash));
        painter->setPen(QPen(glow, 2));
        painter->drawRoundedRect(row.adjusted(1, 1, -1, -1), fonts.space * 0.7, fonts.space * 0.7);
    }
    QRect area = option.rect.adjusted(2 * fonts.space, fonts.space, -2 * fonts.space, -fonts.space);
    const QString badge = index.data(CardModel::BadgeRole).toString();
    const QFontMetrics titleMetrics(fonts.row);
    int badgeWidth = 0;
    if (!badge.isEmpty()) {
        const QString tone = index.data(CardModel::ToneRole).toString();
        badgeWidth = QFontMetrics(fonts.meta).horizontalAdvance(badge) + fonts.space;
        painter->setFont(fonts.meta);
        painter->setPen(tone.isEmpty() ? m_theme.text : toneColour(m_theme, tone));
        painter->drawText(QRect(area.left(), area.top(), area.width(), titleMetrics.height()),
                          Qt::AlignRight | Qt::AlignVCenter, badge);
    }
    int titleLeft = area.left();
    if (!index.data(CardModel::WarningRole).toString().isEmpty()) {
        const int side = titleMetrics.height();
        m_theme.icon(QStringLiteral("warning"), m_theme.warning)
            .paint(painter, QRect(area.left(), area.top(), side, side));
        titleLeft += side + fonts.space / 2;
    }
    painter->setFont(fonts.row);
    painter->setPen(index.data(CardModel::EnabledRole).toBool() ? m_theme.text : m_theme.mutedText);
    const QString title = titleMetrics.elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight,
                                                  area.right() + 1 - titleLeft - badgeWidth);
    painter->drawText(titleLeft, area.top() + titleMetrics.ascent(), title);
    area.setTop(area.top() + titleMetrics.height() + 2);

    const QString meta = index.data(CardModel::MetaRole).toString();
    const QStringList tags = index.data(CardModel::TagsRole).toStringList();
    if (!meta.isEmpty() || !tags.isEmpty()) {
        const QFontMetrics metrics(fonts.meta);
        const int left = drawTags(painter, area, fonts.meta, tags);
        painter->setFont(fonts.meta);
        painter->setPen(m_theme.mutedText);
        painter->drawText(left, area.top() + metrics.ascent(),
                          metrics.elidedText(meta, Qt::ElideRight, area.right() + 1 - left));
        area.setTop(area.top() + metrics.height());
    }
    drawWrapped(painter, area, fonts.meta, m_theme.mutedText, index.data(CardModel::BodyRole).toString(),
                kProblemLines);
}

/// Draws tags as far as they fit from the left of @p line. @returns where the text after them begins.
int CardDelegate::drawTags(QPainter* painter, const QRect& line, const QFont& font,
                           const QStringList& tags) const
{
    const QFont small = scaled(font, 0.9, QFont::DemiBold);
    const QFontMetrics metrics(small);
    const int padding = metrics.height() / 3;
    const int height = QFontMetrics(font).height();
    int left = line.left();
    for (const QString& tag : tags) {
        const int width = metrics.horizontalAdvance(tag) + 2 * padding;
        if (left + width > line.right())
            break;
        const QRectF pill(left, line.top() + 0.5, width, height - 1);
        painter->setPen(Qt::NoPen);
        painter->setBrush(m_theme.raised);
        painter->drawRoundedRect(pill, padding, padding);
        painter->setFont(small);
        painter->setPen(m_theme.mutedText);
        painter->drawText(pill, Qt::AlignCenter, tag);
        left += width + padding;
    }
    return left > line.left() ? left + padding / 2 : left;
}

} // namespace assay::widgets
