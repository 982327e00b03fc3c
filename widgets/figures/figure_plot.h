#pragma once

#include "widgets/figures/figure_ranges.h"
#include "widgets/figures/layer_plottable.h"

#include <QSize>

namespace assay::widgets {

class ColourBar;
class HeaderElement;
class Selection;

/// Draws a Figure on a QCustomPlot: the one way figures are drawn, in the window and into files. Keeps its
/// plottables while the kinds of layers stay the same, so that a slider can drive build(). The plot must
/// outlive it. GUI thread.
class FigurePlot
{
public:
    /// A mark of a layer; layer -1 for none.
    struct Hit
    {
        int layer = -1;
        int mark = -1;
        bool isValid() const { return layer >= 0; }
        bool operator==(const Hit&) const = default;
    };

    explicit FigurePlot(QCustomPlot& plot);

    /// Shows @p figure; the caller replots. @p keepRanges leaves the visible part as it is.
    void build(std::shared_ptr<const protocol::Figure> figure, const PlotStyle& style,
               bool keepRanges = false);
    const protocol::Figure* figure() const { return m_drawn ? m_drawn->figure.get() : nullptr; }
    /// Fits tick counts, category names and the shape of cells to @p size; call before drawing at a new size.
    void arrange(const QSize& size);
    /// Shows the whole figure again.
    void showAll();
    bool showsAll() const;
    /// Moves the visible part so that it stays near the data, and no closer than doubles allow.
    void setVisible(Range x, Range y);

    const QVector<LayerPlottable*>& layers() const { return m_layers; }
    HeaderElement* header() const { return m_header; }
    /// The mark at @p position (pixels); of several the nearest, of equally near ones the topmost.
    Hit hit(const QPointF& position) const;
    QVector<Hit> within(const QRectF& rect) const;
    QRectF rectOf(const Hit& hit) const;
    /// Ids of the samples behind the marks, in order, without repeats.
    QVector<qint64> samplesOf(const QVector<Hit>& hits) const;
    void showSelection(const Selection& selection);
    void setHot(const Hit& hit);

private:
    void setUpLayout();
    void setUpAxes();
    void setUpHeader();
    void setUpLayers();
    void labelAxis(QCPAxis* axis, const protocol::Axis& from, double spacing, double longest);
    void limitCells(const QSize& size);
    QVector<LayerLook> looks() const;

    QCustomPlot& m_plot;
    HeaderElement* m_header;
    ColourBar* m_colourBar;
    std::shared_ptr<const DrawnFigure> m_drawn;
    FigureRanges m_home;
    QVector<LayerPlottable*> m_layers;
};

} // namespace assay::widgets
