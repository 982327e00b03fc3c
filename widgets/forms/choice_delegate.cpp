#include "widgets/forms/choice_delegate.h"

#include <QApplication>
#include <QPainter>

namespace assay::widgets {

namespace {

QFont detailFont(QFont font)
{
    font.setPointSizeF(font.pointSizeF() * 0.9);
    return font;
}

} // namespace

void ChoiceDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const
{
    QStyleOptionViewItem row = option;
    initStyleOption(&row, index);
    const QString detail = index.data(DetailRole).toString();
    const QFontMetrics metrics(detailFont(row.font));
    const int gap = row.fontMetrics.height() / 2;
    const int most = row.rect.width() * 11 / 20;
    const QString shown = metrics.elidedText(detail, Qt::ElideRight, most);
    const int width = detail.isEmpty() ? 0 : metrics.horizontalAdvance(shown) + gap;

    const QStyle* style = row.widget ? row.widget->style() : QApplication::style();
    const int taken =
        style->subElementRect(QStyle::SE_ItemViewItemText, &row, row.widget).left() - row.rect.left();
    row.text = row.fontMetrics.elidedText(row.text, Qt::ElideRight, row.rect.width() - taken - width - gap);
    style->drawControl(QStyle::CE_ItemViewItem, &row, painter, row.widget);
    if (detail.isEmpty())
        return;
    const bool enabled = row.state & QStyle::State_Enabled;
    QColor ink = row.palette.color(enabled ? QPalette::Active : QPalette::Disabled, QPalette::Text);
    ink.setAlphaF(enabled ? 0.6F : 0.8F);
    painter->save();
    painter->setFont(detailFont(row.font));
    painter->setPen(ink);
    painter->drawText(row.rect.adjusted(0, 0, -gap, 0), Qt::AlignRight | Qt::AlignVCenter, shown);
    painter->restore();
}

QSize ChoiceDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    const QFont font = option.widget ? option.widget->font() : QApplication::font();
    const QFontMetrics metrics(font);
    const QString detail = index.data(DetailRole).toString();
    if (!detail.isEmpty())
        size.rwidth() += metrics.horizontalAdvance(detail) + metrics.height() * 2;
    size.setHeight(std::max(size.height(), metrics.height() * 3 / 2));
    return size;
}

} // namespace assay::widgets
