#include "widgets/report/editor/plain_items.h"

#include "widgets/report/editor/markdown_view.h"
#include "widgets/report/editor/paper_images.h"
#include "widgets/report/editor/sheet_table.h"
#include "widgets/report/report_markdown.h"
#include "widgets/studies/text_kit.h"

#include <QLabel>
#include <QPainter>

#include <algorithm>

namespace assay::widgets {

TextItem::TextItem(QWidget* parent)
    : ItemView(ContentItem::Kind::Text, parent)
    , m_text(new MarkdownView(MarkdownView::Size::Body, this))
{
    m_text->setObjectName(QStringLiteral("note"));
}

void TextItem::setTheme(const Theme& theme)
{
    ItemView::setTheme(theme);
    m_text->setTheme(theme);
}

void TextItem::take()
{
    m_text->setHtml(markdownHtml(item().text));
}

int TextItem::contentHeight(int width) const
{
    return m_text->heightForWidth(width);
}

void TextItem::placeContent(const QRect& place)
{
    m_text->setGeometry(place);
}

TableItem::TableItem(QWidget* parent)
    : ItemView(ContentItem::Kind::Table, parent)
    , m_table(new SheetTable(this))
{}

void TableItem::setTheme(const Theme& theme)
{
    ItemView::setTheme(theme);
    m_table->setTheme(theme);
}

void TableItem::take()
{
    // Each row that is shown is measured whenever the page changes its width.
    constexpr int kMostOnSheet = 300;
    const int most = std::min(item().most, kMostOnSheet);
    m_table->setTable(item().table, most);
    m_table->setAccessibleName(QString::fromStdString(item().table->title));
    if (const int hidden = m_table->hiddenRows(); hidden > 0)
        setRemark(most < item().most
                      ? tr("(The first %1 of %2 rows; files show more.)").arg(most).arg(most + hidden)
                      : tr("(The first %1 of %2 rows.)").arg(most).arg(most + hidden));
}

int TableItem::contentHeight(int width) const
{
    return m_table->wantedHeight(width);
}

void TableItem::placeContent(const QRect& place)
{
    m_table->setGeometry(place);
}

GalleryItem::GalleryItem(QWidget* parent)
    : ItemView(ContentItem::Kind::Gallery, parent)
    , m_images(new PaperImages(this))
{}

void GalleryItem::setTheme(const Theme& theme)
{
    ItemView::setTheme(theme);
    m_images->setTheme(theme);
}

void GalleryItem::take()
{
    m_images->setGrid(item().grid, item().most);
    m_images->setAccessibleName(QString::fromStdString(item().grid->title));
    QStringList remarks;
    if (item().grid->variants.size() > 1) {
        QStringList variants;
        for (const std::string& variant : item().grid->variants)
            variants << QString::fromStdString(variant);
        remarks << tr("Each from left to right: %1.").arg(variants.join(QStringLiteral(", ")));
    }
    if (const int hidden = m_images->hiddenImages(); hidden > 0)
        remarks << tr("(The first %1 of %2 images.)").arg(m_images->shown()).arg(m_images->shown() + hidden);
    setRemark(remarks.join(QLatin1Char(' ')));
}

int GalleryItem::contentHeight(int width) const
{
    return m_images->heightForWidth(width);
}

void GalleryItem::placeContent(const QRect& place)
{
    m_images->setGeometry(place);
}

ProblemItem::ProblemItem(QWidget* parent)
    : ItemView(ContentItem::Kind::Problem, parent)
    , m_icon(new QLabel(this))
    , m_text(makeParagraph("", {}, this))
{
    m_text->setObjectName(QStringLiteral("reportProblem"));
}

void ProblemItem::setTheme(const Theme& theme)
{
    ItemView::setTheme(theme);
    const int side = fontMetrics().height();
    m_icon->setPixmap(theme.icon(QStringLiteral("warning"), theme.warning).pixmap(side, side));
    update();
}

void ProblemItem::take()
{
    m_text->setText(item().text);
}

QRect ProblemItem::inner(const QRect& place) const
{
    const int em = fontMetrics().height();
    return place.adjusted(em / 2, em / 2, -em / 2, -em / 2);
}

int ProblemItem::contentHeight(int width) const
{
    const int em = fontMetrics().height();
    const int text = m_text->heightForWidth(inner(QRect(0, 0, width, 0)).width() - em * 3 / 2);
    return std::max(text, em) + em;
}

void ProblemItem::placeContent(const QRect& place)
{
    const int em = fontMetrics().height();
    const QRect in = inner(place);
    m_icon->setGeometry(in.left(), in.top(), em, em);
    m_text->setGeometry(in.adjusted(em * 3 / 2, 0, 0, 0));
}

void ProblemItem::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor back = theme().warning;
    back.setAlphaF(0.10);
    QColor edge = theme().warning;
    edge.setAlphaF(0.55);
    painter.setPen(edge);
    painter.setBrush(back);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace assay::widgets
