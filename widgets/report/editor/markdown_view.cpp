#include "widgets/report/editor/markdown_view.h"

#include <QAbstractTextDocumentLayout>
#include <QDesktopServices>
#include <QEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QUrl>

#include <cmath>

namespace assay::widgets {

MarkdownView::MarkdownView(Size size, QWidget* parent)
    : QWidget(parent)
    , m_size(size)
{
    setMouseTracking(true);
    m_document.setDocumentMargin(0);
    m_document.setUndoRedoEnabled(false);
}

void MarkdownView::setHtml(const QString& html)
{
    if (m_html == html)
        return;
    m_html = html;
    fill();
}

void MarkdownView::setTheme(const Theme& theme)
{
    m_theme = theme;
    fill();
}

void MarkdownView::fill()
{
    QFont font = this->font();
    if (m_size == Size::Small)
        font.setPointSizeF(font.pointSizeF() * 0.93);
    m_document.setDefaultFont(font);
    const int em = fontMetrics().height();
    m_document.setDefaultStyleSheet(
        QStringLiteral("a { color: %1; } code, pre { font-family: '%2'; } "
                       "pre { background-color: %3; } blockquote { color: %4; } "
                       "h1, h2, h3, h4 { font-weight: 600; margin-top: %5px; margin-bottom: %6px; } "
                       "p { margin-top: 0px; margin-bottom: %6px; } "
                       "th { font-weight: 600; } th, td { padding: 2px 8px; }")
            .arg(m_theme.accent.name(), m_theme.monoFont().family(), m_theme.raised.name(),
                 m_theme.mutedText.name())
            .arg(em / 2)
            .arg(em * 2 / 5));
    m_document.setHtml(m_html);
    updateGeometry();
    update();
}

int MarkdownView::heightForWidth(int width) const
{
    if (m_html.isEmpty())
        return 0;
    if (m_document.textWidth() != width)
        m_document.setTextWidth(width);
    return int(std::ceil(m_document.size().height()));
}

void MarkdownView::paintEvent(QPaintEvent*)
{
    heightForWidth(width());
    QPainter painter(this);
    QAbstractTextDocumentLayout::PaintContext context;
    context.palette.setColor(QPalette::Text, m_theme.text);
    context.clip = rect();
    m_document.documentLayout()->draw(&painter, context);
}

void MarkdownView::mouseMoveEvent(QMouseEvent* event)
{
    const QString link = m_document.documentLayout()->anchorAt(event->position());
    setCursor(link.isEmpty() ? Qt::ArrowCursor : Qt::PointingHandCursor);
    setToolTip(link);
    event->ignore();
}

void MarkdownView::mouseReleaseEvent(QMouseEvent* event)
{
    const QUrl link(m_document.documentLayout()->anchorAt(event->position()));
    const bool outside = link.scheme() == QLatin1String("http") || link.scheme() == QLatin1String("https") ||
                         link.scheme() == QLatin1String("mailto");
    if (event->button() == Qt::LeftButton && outside)
        QDesktopServices::openUrl(link);
    else
        event->ignore();
}

void MarkdownView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fill();
}

} // namespace assay::widgets
