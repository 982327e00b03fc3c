#include "widgets/browsing/sample_tiles.h"

#include "widgets/selection/selection.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr qsizetype kPicturesKiB = 64 * 1024;
// As in the gallery: scaling pictures that come into sight may take this long a repaint, the rest follows.
constexpr qint64 kScalingBudgetMs = 8;

} // namespace

SampleTiles::SampleTiles(ThumbnailStore& store, const QObject* owner, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_store(store)
    , m_owner(owner)
    , m_pictures(kPicturesKiB)
{
    setObjectName(QStringLiteral("sampleTiles"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Images"));
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    verticalScrollBar()->setSingleStep(fontMetrics().height() * 2);
    m_wanting.setSingleShot(true);
    m_wanting.setInterval(0);
    connect(&m_wanting, &QTimer::timeout, this, &SampleTiles::wantVisible);
    connect(&m_store, &ThumbnailStore::arrived, viewport(), qOverload<>(&QWidget::update));
}

int SampleTiles::smallestSide() const
{
    return fontMetrics().height() * 2;
}

int SampleTiles::largestSide() const
{
    return fontMetrics().height() * 18;
}

void SampleTiles::setSelection(Selection* selection)
{
    if (m_selection == selection)
        return;
    if (m_selection)
        m_selection->disconnect(this);
    m_selection = selection;
    connect(selection, &Selection::changed, this, [this](const QObject* by) {
        if (by != m_owner && m_selection->primary() >= 0)
            reveal(positionOf(m_selection->primary()));
        viewport()->update();
    });
    viewport()->update();
}

void SampleTiles::setShown(QVector<qint64> ids, const QString& empty)
{
    // What the keyboard was at stays, wherever the filter has moved it.
    const qint64 current = m_shown.value(m_current, -1);
    m_shown = std::move(ids);
    m_empty = empty;
    m_current = positionOf(current);
    m_anchor = m_hot = -1;
    relayout();
}

void SampleTiles::setImageSize(QSize size)
{
    m_imageSize = size.expandedTo({1, 1});
    m_pictures.clear();
    m_current = -1;
    verticalScrollBar()->setValue(0);
    relayout();
}

void SampleTiles::setCaption(std::function<QString(qint64)> caption)
{
    m_caption = std::move(caption);
    relayout();
}

void SampleTiles::setImageSide(int side)
{
    side = std::clamp(side, smallestSide(), largestSide());
    if (side == m_side)
        return;
    // What stands in the middle stays there.
    const int middle = m_layout.at(offset() + viewport()->rect().center());
    m_side = side;
    m_pictures.clear();
    relayout();
    if (middle >= 0)
        verticalScrollBar()->setValue(m_layout.rect(middle).center().y() - viewport()->height() / 2);
}

void SampleTiles::setTheme(const Theme& theme)
{
    m_theme = theme;
    viewport()->update();
}

void SampleTiles::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        relayout();
}

void SampleTiles::relayout()
{
    const int line = fontMetrics().height();
    m_layout.count = static_cast<int>(m_shown.size());
    m_layout.width = viewport()->width();
    m_layout.inset = std::max(3, line / 4);
    m_layout.gap = std::max(6, line / 2);
    m_layout.caption = m_caption ? line + m_layout.inset / 2 : 0;
    const double factor = m_side * devicePixelRatioF() / m_imageSize.height();
    const double whole = factor >= 1.5 ? std::round(factor) : factor;
    m_layout.image = (QSizeF(m_imageSize) * whole / devicePixelRatioF()).toSize().expandedTo({1, 1});
    // A panorama is no wider than the room.
    if (m_layout.image.width() > 3 * m_side)
        m_layout.image = QSize(3 * m_side, m_side);
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, m_layout.height() - viewport()->height()));
    viewport()->update();
    m_wanting.start();
}

void SampleTiles::resizeEvent(QResizeEvent* event)
{
    const int top = m_layout.at(offset() + QPoint(m_layout.gap + 1, m_layout.gap + 1));
    relayout();
    if (top > 0)
        verticalScrollBar()->setValue(m_layout.rect(top).top() - m_layout.gap);
    QAbstractScrollArea::resizeEvent(event);
}

void SampleTiles::scrollContentsBy(int dx, int dy)
{
    viewport()->scroll(dx, dy);
    m_wanting.start();
}

QPoint SampleTiles::offset() const
{
    return {0, verticalScrollBar()->value()};
}

void SampleTiles::wantVisible()
{
    const int top = verticalScrollBar()->value();
    const int height = viewport()->height();
    const auto [first, last] = m_layout.visible(top, top + height);
    const auto [before, after] = m_layout.visible(std::max(0, top - height), top + 2 * height);
    QVector<qint64> ids;
    ids.reserve(after - before);
    for (int position = first; position < after; ++position)
        ids.append(m_shown[position]);
    for (int position = first - 1; position >= before; --position)
        ids.append(m_shown[position]);
    const QSize size = m_layout.image * devicePixelRatioF();
    m_store.want(ids, std::max(size.width(), size.height()));
}

QPixmap SampleTiles::scaled(qint64 id)
{
    const QImage image = m_store.image(id);
    const Picture* found = m_pictures.object(id);
    if (found && (image.isNull() || found->source == image.cacheKey()))
        return found->pixmap;
    if (image.isNull())
        return {};
    if (m_painting.isValid() && m_painting.elapsed() > kScalingBudgetMs) {
        m_unfinished = true;
        return found ? found->pixmap : QPixmap();
    }
    const QSize size = image.size().scaled(m_layout.image * devicePixelRatioF(), Qt::KeepAspectRatio);
    const bool enlarged = size.height() >= image.height();
    QImage picture = image.scaled(size.expandedTo({1, 1}), Qt::IgnoreAspectRatio,
                                  enlarged ? Qt::FastTransformation : Qt::SmoothTransformation);
    QPixmap pixmap = QPixmap::fromImage(std::move(picture));
    pixmap.setDevicePixelRatio(devicePixelRatioF());
    m_pictures.insert(id, new Picture{pixmap, image.cacheKey()},
                      std::max<qsizetype>(1, qsizetype(size.width()) * size.height() * 4 / 1024));
    return pixmap;
}

void SampleTiles::paintEvent(QPaintEvent* event)
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

void SampleTiles::drawTile(QPainter& painter, int position)
{
    const qint64 id = m_shown[position];
    const QRectF frame = QRectF(m_layout.rect(position)).adjusted(0.5, 0.5, -0.5, -0.5);
    const bool chosen = m_selection && m_selection->contains(id);
    const bool primary = chosen && m_selection->primary() == id;
    const double round = m_layout.inset * 1.4;
    painter.setPen(QPen(m_theme.border, 1));
    painter.setBrush(chosen ? m_theme.selection : position == m_hot ? m_theme.raised : m_theme.panel);
    painter.drawRoundedRect(frame, round, round);
    drawPicture(painter, m_layout.imageRect(position, 0), id);
    if (m_caption) {
        const QRect box = m_layout.captionRect(position);
        painter.setPen(m_theme.mutedText);
        painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(m_caption(id), Qt::ElideRight, box.width()));
    }
    const bool focused = position == m_current && hasFocus();
    if (!chosen && !focused)
        return;
    painter.setBrush(Qt::NoBrush);
    QPen pen(chosen ? m_theme.accent : m_theme.mutedText, primary ? 3 : chosen ? 2 : 1);
    if (!chosen)
        pen.setStyle(Qt::DashLine);
    painter.setPen(pen);
    painter.drawRoundedRect(frame.adjusted(-2, -2, 2, 2), round + 2, round + 2);
}

void SampleTiles::drawPicture(QPainter& painter, const QRect& place, qint64 id)
{
    const QPixmap pixmap = scaled(id);
    if (!pixmap.isNull()) {
        const QSize size = (QSizeF(pixmap.size()) / pixmap.devicePixelRatio()).toSize();
        painter.drawPixmap(place.topLeft() + QPoint((place.width() - size.width()) / 2,
                                                    (place.height() - size.height()) / 2),
                           pixmap);
        return;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.raised);
    painter.drawRoundedRect(place, m_layout.inset, m_layout.inset);
    if (!m_store.isBroken(id))
        return;
    painter.setPen(m_theme.warning);
    painter.drawText(place, Qt::AlignCenter | Qt::TextWordWrap, tr("cannot be read"));
}

int SampleTiles::positionOf(qint64 id) const
{
    const auto it = std::lower_bound(m_shown.begin(), m_shown.end(), id);
    return it != m_shown.end() && *it == id ? int(it - m_shown.begin()) : -1;
}

void SampleTiles::reveal(int position)
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

void SampleTiles::choose(int position, Qt::KeyboardModifiers modifiers)
{
    if (position < 0 || position >= m_shown.size() || !m_selection)
        return;
    m_current = position;
    reveal(position);
    const qint64 id = m_shown[position];
    if (modifiers & Qt::ShiftModifier && m_anchor >= 0) {
        const int first = std::min(m_anchor, position);
        m_selection->set(m_shown.mid(first, std::max(m_anchor, position) - first + 1), m_owner,
                         tr("images in the data set browser"), id);
    } else {
        m_anchor = position;
        if (modifiers & Qt::ControlModifier)
            m_selection->toggle(id, m_owner);
        else
            m_selection->set({id}, m_owner, tr("image %1").arg(id));
    }
    viewport()->update();
}

void SampleTiles::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int position = m_layout.at(event->position().toPoint() + offset());
    if (position >= 0)
        choose(position, event->modifiers());
    else if (m_selection && !(event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier)))
        m_selection->clear(m_owner);
    viewport()->update();
}

void SampleTiles::mouseMoveEvent(QMouseEvent* event)
{
    const int position = m_layout.at(event->position().toPoint() + offset());
    if (position == m_hot)
        return;
    m_hot = position;
    viewport()->update();
}

bool SampleTiles::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int position = m_layout.at(help->pos() + offset());
        QString tip;
        if (position >= 0) {
            const QString caption = m_caption ? m_caption(m_shown[position]) : QString();
            tip = "<p style='white-space:pre'>" + tr("<b>Image %1</b>").arg(m_shown[position]) + "<br/>" +
                  caption.toHtmlEscaped() + "</p>";
        }
        QToolTip::showText(help->globalPos(), tip, this);
        return true;
    }
    if (event->type() == QEvent::Leave && m_hot >= 0) {
        m_hot = -1;
        viewport()->update();
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void SampleTiles::zoomBy(double factor)
{
    const int side = qRound(m_side * factor);
    Q_EMIT zoomRequested(side == m_side ? m_side + (factor > 1 ? 1 : -1) : side);
}

void SampleTiles::wheelEvent(QWheelEvent* event)
{
    if (!(event->modifiers() & Qt::ControlModifier)) {
        QAbstractScrollArea::wheelEvent(event);
        return;
    }
    zoomBy(std::pow(1.15, event->angleDelta().y() / 120.0));
    event->accept();
}

bool SampleTiles::moveBy(int key, Qt::KeyboardModifiers modifiers)
{
    const int columns = m_layout.columns();
    const int page = std::max(1, viewport()->height() / (m_layout.tile().height() + m_layout.gap)) * columns;
    int to = m_current;
    switch (key) {
    case Qt::Key_Left:
        to -= 1;
        break;
    case Qt::Key_Right:
        to += 1;
        break;
    case Qt::Key_Up:
        to -= m_current < columns ? 0 : columns;
        break;
    case Qt::Key_Down:
        to += columns;
        break;
    case Qt::Key_PageUp:
        to -= page;
        break;
    case Qt::Key_PageDown:
        to += page;
        break;
    case Qt::Key_Home:
        to = 0;
        break;
    case Qt::Key_End:
        to = m_layout.count - 1;
        break;
    default:
        return false;
    }
    choose(std::clamp(to, 0, std::max(0, m_layout.count - 1)), modifiers & Qt::ShiftModifier);
    return true;
}

void SampleTiles::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::SelectAll) && m_selection) {
        m_selection->set(m_shown, m_owner, tr("all images shown in the data set browser"));
        return;
    }
    if (moveBy(event->key(), event->modifiers()))
        return;
    switch (event->key()) {
    case Qt::Key_Space:
        return choose(std::max(0, m_current), Qt::ControlModifier);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoomBy(1.25);
    case Qt::Key_Minus:
        return zoomBy(0.8);
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
