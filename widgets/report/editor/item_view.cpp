#include "widgets/report/editor/item_view.h"

#include "widgets/report/editor/figure_item.h"
#include "widgets/report/editor/markdown_view.h"
#include "widgets/report/editor/plain_items.h"
#include "widgets/report/report_markdown.h"

#include <QResizeEvent>

namespace assay::widgets {

ItemView* ItemView::make(ContentItem::Kind kind, QWidget* parent)
{
    switch (kind) {
    case ContentItem::Kind::Text:
        return new TextItem(parent);
    case ContentItem::Kind::Figure:
        return new FigureItem(parent);
    case ContentItem::Kind::Table:
        return new TableItem(parent);
    case ContentItem::Kind::Gallery:
        return new GalleryItem(parent);
    case ContentItem::Kind::Problem:
        break;
    }
    return new ProblemItem(parent);
}

ItemView::ItemView(ContentItem::Kind kind, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_caption(new MarkdownView(MarkdownView::Size::Small, this))
{
    m_caption->setObjectName(QStringLiteral("caption"));
    m_caption->hide();
}

void ItemView::setItem(const ContentItem& item)
{
    m_item = item;
    m_remark.clear();
    take();
    fillCaption();
    arrange();
}

void ItemView::setRemark(const QString& remark)
{
    m_remark = remark;
}

void ItemView::fillCaption()
{
    const bool hasCaption = !m_item.label.isEmpty();
    QString html;
    if (hasCaption) {
        html = QStringLiteral("<b>%1</b>").arg(m_item.label.toHtmlEscaped());
        if (!m_item.caption.isEmpty())
            html += QStringLiteral(" &nbsp;") + markdownInlineHtml(m_item.caption);
        if (!m_remark.isEmpty())
            html += QStringLiteral(" <span style='color:%1'>%2</span>")
                        .arg(m_theme.mutedText.name(), m_remark.toHtmlEscaped());
    }
    m_caption->setHtml(html);
    m_caption->setVisible(hasCaption && m_captionRoom < 0);
}

void ItemView::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_caption->setTheme(theme);
    fillCaption();
}

int ItemView::captionHeight(int width) const
{
    if (m_item.label.isEmpty())
        return 0;
    const int gap = fontMetrics().height() / 2;
    return gap + (m_captionRoom >= 0 ? m_captionRoom : m_caption->heightForWidth(width));
}

int ItemView::heightForWidth(int width) const
{
    return contentHeight(width) + captionHeight(width);
}

QRect ItemView::captionRect() const
{
    const int height = captionHeight(width());
    if (height == 0)
        return {};
    const int gap = fontMetrics().height() / 2;
    return captionAbove() ? QRect(0, 0, width(), height - gap)
                          : QRect(0, this->height() - height + gap, width(), height - gap);
}

void ItemView::setCaptionHidden(bool hidden, int height)
{
    m_captionRoom = hidden ? height : -1;
    fillCaption();
    arrange();
}

void ItemView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void ItemView::arrange()
{
    const int caption = captionHeight(width());
    m_caption->setGeometry(captionRect());
    placeContent(QRect(0, captionAbove() ? caption : 0, width(), height() - caption));
}

} // namespace assay::widgets
