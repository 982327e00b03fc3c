#include "widgets/gallery/tile_view.h"

#include "widgets/gallery/gallery_filter.h"
#include "widgets/selection/selection.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <QTimer>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr qsizetype kCacheKiB = 96 * 1024;
constexpr int kCaptionLines = 2;
// Scaling pictures that come into sight may take this long per repaint; the rest follows in the next ones, so
// that a jump over thousands of large pictures never holds the window up.
constexpr qint64 kScalingBudgetMs = 8;

} // namespace

TileView::TileView(Selection* selection, const QObject* owner, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_selection(selection)
    , m_owner(owner)
    , m_cache(kCacheKiB)
{
    setObjectName(QStringLiteral("tiles"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    verticalScrollBar()->setSingleStep(fontMetrics().height() * 2);
    if (selection)
        connect(selection, &Selection::changed, this, [this](const QObject* by) {
            if (by != m_owner && m_selection->primary() >= 0)
                reveal(positionOf(m_selection->primary()));
            viewport()->update();
        });
}

int TileView::smallestSide(const QWidget* widget)
{
    return widget->fontMetrics().height() * 2;
}

int TileView::largestSide(const QWidget* widget)
{
    return widget->fontMetrics().height() * 18;
}

void TileView::setGrid(std::shared_ptr<const protocol::ImageGrid> grid, GridPixels pixels)
{
    m_grid = std::move(grid);
    m_pixels = std::move(pixels);
    m_shown.clear();
    m_cache.clear();
    m_hot = -1;
}

void TileView::setShown(QVector<int> shown, const QString& empty)
{
    m_shown = std::move(shown);
    m_empty = empty;
    m_current = std::min<int>(m_current, static_cast<int>(m_shown.size()) - 1);
    m_anchor = m_hot = -1;
    relayout();
}

void TileView::setVariant(int variant)
{
    m_variant = variant;
    relayout();
}

void TileView::setImageSide(int side)
{
    side = std::clamp(side, smallestSide(this), largestSide(this));
    if (side == m_side)
        return;
    // What stands in the middle stays there.
    const int middle = m_layout.at(offset() + viewport()->rect().center());
    m_side = side;
    m_cache.clear();
    relayout();
    if (middle >= 0)
        verticalScrollBar()->setValue(m_layout.rect(middle).center().y() - viewport()->height() / 2);
}

void TileView::setCaptions(QVector<int> attributes)
{
    m_captions = std::move(attributes);
    relayout();
}

void TileView::setFrameAttribute(int attribute)
{
    m_frameAttribute = attribute;
    viewport()->update();
}

void TileView::setTheme(const Theme& theme)
{
    m_theme = theme;
    viewport()->update();
}

void TileView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        relayout();
}

void TileView::relayout()
{
    const int line = fontMetrics().height();
    m_layout.count = static_cast<int>(m_shown.size());
    m_layout.width = viewport()->width();
    m_layout.inset = std::max(3, line / 4);
    m_layout.gap = std::max(6, line / 2);
    m_layout.images = m_grid && m_variant < 0 ? std::max(1, static_cast<int>(m_grid->variants.size())) : 1;
    m_layout.caption = m_captions.isEmpty() ? 0
                                            : kCaptionLines * QFontMetrics(m_theme.font()).height() * 9 / 10 +
                                                  m_layout.inset / 2;
    m_layout.image = QSize(m_side, m_side);
    if (m_grid && m_grid->width > 0 && m_grid->height > 0) {
        const double factor = m_side * devicePixelRatioF() / m_grid->height;
        const double whole = factor >= 1.5 ? std::round(factor) : factor;
        m_layout.image =
            (QSizeF(m_grid->width, m_grid->height) * whole / devicePixelRatioF()).toSize().expandedTo({1, 1});
    }
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, m_layout.height() - viewport()->height()));
    viewport()->update();
}

void TileView::resizeEvent(QResizeEvent* event)
{
    const int top = m_layout.at(offset() + QPoint(m_layout.gap + 1, m_layout.gap + 1));
    relayout();
    if (top > 0)
        verticalScrollBar()->setValue(m_layout.rect(top).top() - m_layout.gap);
    QAbstractScrollArea::resizeEvent(event);
}

void TileView::scrollContentsBy(int dx, int dy)
{
    viewport()->scroll(dx, dy);
}

QPoint TileView::offset() const
{
    return {0, verticalScrollBar()->value()};
}

QPixmap TileView::scaled(int index, int variant)
{
    const quint64 key = static_cast<quint64>(index) << 8 | static_cast<quint64>(variant);
    if (const QPixmap* found = m_cache.object(key))
        return *found;
    if (m_painting.isValid() && m_painting.elapsed() > kScalingBudgetMs) {
        m_unfinished = true;
        return {};
    }
    const QImage image = m_pixels.image(index, variant);
    if (image.isNull())
        return {};
    const QSize size = m_layout.image * devicePixelRatioF();
    const bool enlarged = size.height() >= image.height();
    QImage picture = image.scaled(size, Qt::IgnoreAspectRatio,
                                  enlarged ? Qt::FastTransformation : Qt::SmoothTransformation);
    QPixmap pixmap = QPixmap::fromImage(std::move(picture).convertToFormat(QImage::Format_RGB32));
    pixmap.setDevicePixelRatio(devicePixelRatioF());
    m_cache.insert(key, new QPixmap(pixmap),
                   std::max<qsizetype>(1, qsizetype(size.width()) * size.height() * 4 / 1024));
    return pixmap;
}

void TileView::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    painter.fillRect(event->rect(), m_theme.panel);
    if (m_shown.isEmpty()) {
        painter.setPen(m_theme.mutedText);
        painter.setFont(m_theme.font());
        painter.drawText(viewport()->rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap,
                         m_empty);
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(-offset());
    QFont small = m_theme.font();
    small.setPointSizeF(small.pointSizeF() * 0.86);
    painter.setFont(small);
    const QRect area = event->rect().translated(offset());
    const auto [first, last] = m_layout.visible(area.top(), area.bottom() + 1);
    m_unfinished = false;
    m_painting.start();
    for (int position = first; position < last; ++position)
        drawTile(painter, position);
    m_painting.invalidate();
    if (m_unfinished)
        QTimer::singleShot(0, viewport(), qOverload<>(&QWidget::update));
}

void TileView::drawTile(QPainter& painter, int position)
{
    const int index = m_shown[position];
    const QRectF frame = QRectF(m_layout.rect(position)).adjusted(0.5, 0.5, -0.5, -0.5);
    const bool chosen = m_selection && m_selection->contains(idAt(position));
    const bool primary = chosen && m_selection->primary() == idAt(position);
    const double round = m_layout.inset * 1.4;
    QColor edge = m_theme.border;
    double width = 1;
    if (m_frameAttribute >= 0)
        if (const QString role = attributeRole(*m_grid, m_frameAttribute, index); !role.isEmpty()) {
            edge = m_theme.role(role);
            width = 2;
        }
    painter.setPen(QPen(edge, width));
    painter.setBrush(chosen ? m_theme.selection : position == m_hot ? m_theme.raised : m_theme.panel);
    painter.drawRoundedRect(frame.adjusted(width / 2, width / 2, -width / 2, -width / 2), round, round);
    for (int image = 0; image < m_layout.images; ++image)
        if (const QPixmap pixmap = scaled(index, m_variant < 0 ? image : m_variant); !pixmap.isNull())
            painter.drawPixmap(m_layout.imageRect(position, image), pixmap);
    drawCaption(painter, position, index);
    if (chosen || (position == m_current && hasFocus())) {
        painter.setBrush(Qt::NoBrush);
        QPen pen(chosen ? m_theme.accent : m_theme.mutedText, primary ? 3 : chosen ? 2 : 1);
        if (position == m_current && hasFocus() && !chosen)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawRoundedRect(frame.adjusted(-2, -2, 2, 2), round + 2, round + 2);
    }
}

void TileView::drawCaption(QPainter& painter, int position, int index)
{
    if (m_captions.isEmpty())
        return;
    QStringList texts;
    for (const int attribute : m_captions)
        if (const QString text = attributeText(*m_grid, attribute, index); !text.isEmpty())
            texts << text;
    const QRect box = m_layout.captionRect(position);
    const QFontMetrics metrics(painter.font());
    // First line: what it is; second line: what became of it.
    const int line = box.height() / kCaptionLines;
    painter.setPen(m_theme.text);
    painter.drawText(QRect(box.left(), box.top(), box.width(), line), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(texts.value(0), Qt::ElideRight, box.width()));
    painter.setPen(m_theme.mutedText);
    painter.drawText(
        QRect(box.left(), box.top() + line, box.width(), line), Qt::AlignLeft | Qt::AlignVCenter,
        metrics.elidedText(texts.mid(1).join(QStringLiteral(" · ")), Qt::ElideRight, box.width()));
}

qint64 TileView::idAt(int position) const
{
    return m_grid && position >= 0 && position < m_shown.size()
               ? m_grid->ids[static_cast<std::size_t>(m_shown[position])]
               : -1;
}

int TileView::positionOf(qint64 id) const
{
    for (int position = 0; position < m_shown.size(); ++position)
        if (idAt(position) == id)
            return position;
    return -1;
}

void TileView::reveal(int position)
{
    if (position < 0 || position >= m_shown.size())
        return;
    const QRect rect = m_layout.rect(position).adjusted(0, -m_layout.gap, 0, m_layout.gap);
    QScrollBar* bar = verticalScrollBar();
    if (rect.top() < bar->value())
        bar->setValue(rect.top());
    else if (const int end = rect.top() + rect.height(); end > bar->value() + viewport()->height())
        bar->setValue(end - viewport()->height());
}

void TileView::choose(int position, Qt::KeyboardModifiers modifiers)
{
    if (position < 0 || position >= m_shown.size())
        return;
    m_current = position;
    reveal(position);
    if (modifiers & Qt::ShiftModifier && m_anchor >= 0 && m_selection) {
        QVector<qint64> ids;
        for (int at = std::min(m_anchor, position); at <= std::max(m_anchor, position); ++at)
            ids << idAt(at);
        m_selection->set(ids, m_owner, tr("images in the gallery"), idAt(position));
    } else {
        m_anchor = position;
        if (m_selection && modifiers & Qt::ControlModifier)
            m_selection->toggle(idAt(position), m_owner);
        else if (m_selection)
            m_selection->set({idAt(position)}, m_owner, tr("image %1").arg(idAt(position)));
    }
    viewport()->update();
}

void TileView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int position = m_layout.at(event->position().toPoint() + offset());
    if (position >= 0)
        choose(position, event->modifiers());
    else if (m_selection && !(event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier)))
        m_selection->clear(m_owner);
}

void TileView::mouseMoveEvent(QMouseEvent* event)
{
    const int position = m_layout.at(event->position().toPoint() + offset());
    if (position == m_hot)
        return;
    m_hot = position;
    viewport()->update();
}

bool TileView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int position = m_layout.at(help->pos() + offset());
        QToolTip::showText(help->globalPos(), position < 0 ? QString() : tipAt(position), this);
        return true;
    }
    if (event->type() == QEvent::Leave && m_hot >= 0) {
        m_hot = -1;
        viewport()->update();
    }
    return QAbstractScrollArea::viewportEvent(event);
}

QString TileView::tipAt(int position) const
{
    const int index = m_shown[position];
    QStringList lines{tr("<b>Image %1</b>").arg(idAt(position))};
    for (int a = 0; a < static_cast<int>(m_grid->attributes.size()); ++a)
        lines << QStringLiteral("%1: %2").arg(
            attributeTitle(m_grid->attributes[static_cast<std::size_t>(a)]).toHtmlEscaped(),
            attributeText(*m_grid, a, index).toHtmlEscaped());
    if (static_cast<std::size_t>(index) < m_grid->notes.size())
        lines << QString::fromStdString(m_grid->notes[static_cast<std::size_t>(index)]).toHtmlEscaped();
    return "<p style='white-space:pre'>" + lines.join("<br/>") + "</p>";
}

void TileView::wheelEvent(QWheelEvent* event)
{
    if (!(event->modifiers() & Qt::ControlModifier)) {
        QAbstractScrollArea::wheelEvent(event);
        return;
    }
    Q_EMIT zoomRequested(qRound(m_side * std::pow(1.15, event->angleDelta().y() / 120.0)));
    event->accept();
}

void TileView::keyPressEvent(QKeyEvent* event)
{
    const int page =
        std::max(1, viewport()->height() / (m_layout.tile().height() + m_layout.gap)) * m_layout.columns();
    const auto go = [&](int to) {
        choose(std::clamp(to, 0, std::max(0, m_layout.count - 1)),
               event->modifiers() & Qt::ShiftModifier ? Qt::ShiftModifier : Qt::NoModifier);
    };
    if (event->matches(QKeySequence::SelectAll) && m_selection) {
        QVector<qint64> ids;
        for (int position = 0; position < m_layout.count; ++position)
            ids << idAt(position);
        m_selection->set(ids, m_owner, tr("all images shown in the gallery"));
        return;
    }
    switch (event->key()) {
    case Qt::Key_Left:
        return go(m_current - 1);
    case Qt::Key_Right:
        return go(m_current + 1);
    case Qt::Key_Up:
        return go(m_current < m_layout.columns() ? std::max(m_current, 0) : m_current - m_layout.columns());
    case Qt::Key_Down:
        return go(m_current + m_layout.columns());
    case Qt::Key_PageUp:
        return go(m_current - page);
    case Qt::Key_PageDown:
        return go(m_current + page);
    case Qt::Key_Home:
        return go(0);
    case Qt::Key_End:
        return go(m_layout.count - 1);
    case Qt::Key_Space:
        return choose(std::max(0, m_current), Qt::ControlModifier);
    case Qt::Key_Escape:
        if (m_selection && !m_selection->isEmpty())
            return m_selection->clear(m_owner);
        break;
    default:
        break;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

} // namespace assay::widgets
