#include "widgets/figures/plot_canvas.h"

#include "widgets/figures/header_element.h"
#include "widgets/figures/mark_text.h"
#include "widgets/selection/selection.h"

#include <QApplication>
#include <QRubberBand>
#include <QToolTip>

#include <cmath>

namespace assay::widgets {

namespace {

QString tooltipOf(const QString& text)
{
    QStringList lines;
    for (const QString& line : text.split('\n'))
        lines << line.toHtmlEscaped();
    lines.first() = "<b>" + lines.first() + "</b>";
    return "<p style='white-space:pre'>" + lines.join("<br/>") + "</p>";
}

} // namespace

PlotCanvas::PlotCanvas(Selection* selection, const QObject* owner, QWidget* parent)
    : QCustomPlot(parent)
    , m_selection(selection)
    , m_owner(owner)
    , m_figurePlot(*this)
    , m_rubber(new QRubberBand(QRubberBand::Rectangle, this))
{
    setObjectName(QStringLiteral("plot"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setInteractions(QCP::Interactions());
    // QCustomPlot keeps what it does not want to itself; the page around it waits for the wheel.
    setAttribute(Qt::WA_NoMousePropagation, false);
    if (selection)
        connect(selection, &Selection::changed, this, &PlotCanvas::onSelectionChanged);
}

void PlotCanvas::show(std::shared_ptr<const protocol::Figure> figure, const PlotStyle& style)
{
    const protocol::Figure* old = m_figurePlot.figure();
    const bool sameAxes = old && old->name == figure->name && old->x.label == figure->x.label &&
                          old->y.label == figure->y.label && old->x.scale == figure->x.scale &&
                          old->y.scale == figure->y.scale && old->x.categories == figure->x.categories &&
                          old->y.categories == figure->y.categories;
    const bool keep = sameAxes && !m_figurePlot.showsAll();
    m_hot = {};
    m_figurePlot.build(std::move(figure), style, keep);
    if (m_selection)
        m_figurePlot.showSelection(*m_selection);
    setAccessibleName(QString::fromStdString(m_figurePlot.figure()->title));
    m_figurePlot.arrange(size());
    refresh();
}

void PlotCanvas::refresh()
{
    replot(QCustomPlot::rpQueuedRefresh);
}

void PlotCanvas::showAll()
{
    m_figurePlot.showAll();
    m_figurePlot.arrange(size());
    refresh();
}

void PlotCanvas::onSelectionChanged()
{
    m_figurePlot.showSelection(*m_selection);
    refresh();
}

void PlotCanvas::resizeEvent(QResizeEvent* event)
{
    m_figurePlot.arrange(event->size());
    QCustomPlot::resizeEvent(event);
}

void PlotCanvas::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    m_pressed = m_last = event->position().toPoint();
    m_gesture = event->modifiers() & Qt::ShiftModifier ? Gesture::Rubber : Gesture::Press;
    if (m_gesture == Gesture::Rubber) {
        m_rubber->setGeometry(QRect(m_pressed, QSize()));
        m_rubber->show();
    }
}

void PlotCanvas::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint at = event->position().toPoint();
    if (m_gesture == Gesture::Press &&
        (at - m_pressed).manhattanLength() >= QApplication::startDragDistance()) {
        m_gesture = Gesture::Pan;
        setCursor(Qt::ClosedHandCursor);
    }
    if (m_gesture == Gesture::Pan)
        pan(at);
    else if (m_gesture == Gesture::Rubber)
        m_rubber->setGeometry(QRect(m_pressed, at).normalized());
    else
        setHot(m_figurePlot.hit(event->position()), event->globalPosition().toPoint());
}

void PlotCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const bool add = event->modifiers() & Qt::ControlModifier;
    const Gesture gesture = std::exchange(m_gesture, Gesture::None);
    unsetCursor();
    m_rubber->hide();
    if (!figure())
        return;
    if (gesture == Gesture::Rubber) {
        const QRect area = QRect(m_pressed, event->position().toPoint()).normalized();
        select(m_figurePlot.within(area), add, tr("marks in a rectangle of \"%1\"").arg(accessibleName()));
    } else if (gesture == Gesture::Press) {
        if (LayerPlottable* layer = m_figurePlot.header()->layerAt(event->position())) {
            QVector<FigurePlot::Hit> hits;
            const int index = static_cast<int>(m_figurePlot.layers().indexOf(layer));
            for (int mark = 0; mark < layer->markCount(); ++mark)
                hits.append({index, mark});
            select(hits, add, layer->name());
            return;
        }
        const FigurePlot::Hit hit = m_figurePlot.hit(event->position());
        if (hit.isValid())
            choose(hit, add);
        else if (!add && m_selection)
            m_selection->clear(m_owner);
    }
}

void PlotCanvas::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        showAll();
}

void PlotCanvas::wheelEvent(QWheelEvent* event)
{
    // Without Ctrl the wheel belongs to the page around the figure: a figure that had the focus would
    // otherwise stop its reader's scrolling.
    const bool wanted = event->modifiers() & Qt::ControlModifier;
    const QPointF at = event->position();
    if (!wanted || !figure() || !axisRect()->rect().contains(at.toPoint())) {
        event->ignore();
        return;
    }
    const double factor = std::pow(0.85, event->angleDelta().y() / 120.0);
    const auto around = [&](const QCPAxis* axis, double pixel) {
        const bool log = axis->scaleType() == QCPAxis::stLogarithmic;
        const auto in = [log](double v) { return log ? std::log10(v) : v; };
        const auto out = [log](double v) { return log ? std::pow(10.0, v) : v; };
        const double centre = in(axis->pixelToCoord(pixel));
        return Range{out(centre - (centre - in(axis->range().lower)) * factor),
                     out(centre + (in(axis->range().upper) - centre) * factor)};
    };
    m_figurePlot.setVisible(around(xAxis, at.x()), around(yAxis, at.y()));
    refresh();
    event->accept();
}

void PlotCanvas::pan(const QPoint& to)
{
    const auto moved = [](const QCPAxis* axis, double pixels) {
        const double low = axis->coordToPixel(axis->range().lower) - pixels;
        const double high = axis->coordToPixel(axis->range().upper) - pixels;
        return Range{axis->pixelToCoord(low), axis->pixelToCoord(high)};
    };
    const QPoint by = to - m_last;
    m_last = to;
    m_figurePlot.setVisible(moved(xAxis, by.x()), moved(yAxis, by.y()));
    refresh();
}

void PlotCanvas::setHot(const FigurePlot::Hit& hit, const QPoint& globalPosition)
{
    if (hit == m_hot)
        return;
    m_hot = hit;
    m_figurePlot.setHot(hit);
    refresh();
    if (!hit.isValid()) {
        QToolTip::hideText();
        setAccessibleDescription({});
        return;
    }
    const QString text = markText(*figure(), hit.layer, hit.mark);
    setAccessibleDescription(text);
    QToolTip::showText(globalPosition + QPoint(0, 6), tooltipOf(text), this);
}

void PlotCanvas::select(const QVector<FigurePlot::Hit>& hits, bool add, const QString& reason)
{
    if (!m_selection)
        return;
    QVector<qint64> ids = add ? m_selection->ids() : QVector<qint64>();
    ids += m_figurePlot.samplesOf(hits);
    m_selection->set(ids, m_owner,
                     add && !m_selection->isEmpty() ? m_selection->reason() + " + " + reason : reason);
}

void PlotCanvas::choose(const FigurePlot::Hit& hit, bool add)
{
    select({hit}, add, markReason(*figure(), hit.layer, hit.mark));
    if (!add)
        Q_EMIT markChosen(hit.layer, hit.mark);
}

void PlotCanvas::walk(int layerStep, int markStep)
{
    const auto& layers = m_figurePlot.layers();
    if (layers.isEmpty())
        return;
    FigurePlot::Hit next = m_hot;
    if (!next.isValid() || next.layer >= layers.size())
        next = {0, 0};
    else if (layers[next.layer]->layer().kind == protocol::LayerKind::Cells && layerStep != 0)
        next.mark += layerStep * static_cast<int>(layers[next.layer]->layer().columns);
    else
        next = {static_cast<int>((next.layer + layerStep + layers.size()) % layers.size()),
                next.mark + markStep};
    const int count = layers[next.layer]->markCount();
    if (count == 0)
        return;
    next.mark = std::clamp(next.mark, 0, count - 1);
    setHot(next, mapToGlobal(m_figurePlot.rectOf(next).center().toPoint()));
}

void PlotCanvas::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        walk(0, -1);
        break;
    case Qt::Key_Right:
        walk(0, 1);
        break;
    case Qt::Key_Up:
        walk(1, 0);
        break;
    case Qt::Key_Down:
        walk(-1, 0);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (figure() && m_hot.isValid())
            choose(m_hot, event->modifiers() & Qt::ControlModifier);
        break;
    case Qt::Key_Escape:
        if (m_selection && !m_selection->isEmpty())
            m_selection->clear(m_owner);
        else
            event->ignore();
        break;
    case Qt::Key_Home:
        if (figure())
            showAll();
        break;
    default:
        QCustomPlot::keyPressEvent(event);
    }
}

void PlotCanvas::leaveEvent(QEvent* event)
{
    if (!hasFocus())
        setHot({}, {});
    QCustomPlot::leaveEvent(event);
}

void PlotCanvas::focusOutEvent(QFocusEvent* event)
{
    setHot({}, {});
    QCustomPlot::focusOutEvent(event);
}

} // namespace assay::widgets
