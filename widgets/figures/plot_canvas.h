#pragma once

#include "widgets/figures/figure_plot.h"

#include <qcustomplot.h>

#include <QPoint>
#include <QPointer>

#include <optional>

class QRubberBand;

namespace assay::widgets {

class Selection;

/// The plot as the user touches it: hover says what a mark is, a click selects its samples (Ctrl adds), Shift
/// and drag selects all marks in a rectangle, drag moves, Ctrl and the wheel zoom (without Ctrl a document of
/// plots scrolls), a double click shows everything again.
/// Arrow keys walk over the marks, Enter selects, Escape clears.
class PlotCanvas : public QCustomPlot
{
    Q_OBJECT
public:
    PlotCanvas(Selection* selection, const QObject* owner, QWidget* parent);

    void show(std::shared_ptr<const protocol::Figure> figure, const PlotStyle& style);
    FigurePlot& figurePlot() { return m_figurePlot; }
    const protocol::Figure* figure() const { return m_figurePlot.figure(); }
    void showAll();

Q_SIGNALS:
    /// The user chose one mark, by mouse or keyboard.
    void markChosen(int layer, int mark);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    enum class Gesture { None, Press, Pan, Rubber };

    void refresh();
    void setHot(const FigurePlot::Hit& hit, const QPoint& globalPosition);
    void select(const QVector<FigurePlot::Hit>& hits, bool add, const QString& reason);
    void choose(const FigurePlot::Hit& hit, bool add);
    void pan(const QPoint& to);
    void walk(int layerStep, int markStep);
    void onSelectionChanged();

    QPointer<Selection> m_selection;
    const QObject* m_owner;
    FigurePlot m_figurePlot;
    FigurePlot::Hit m_hot;
    Gesture m_gesture = Gesture::None;
    QPoint m_pressed, m_last;
    QRubberBand* m_rubber;
};

} // namespace assay::widgets
