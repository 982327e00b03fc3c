#pragma once

#include "backend/protocol/figure.h"
#include "widgets/figures/bars_layout.h"
#include "widgets/figures/plot_style.h"

#include <qcustomplot.h>

#include <QVector>

#include <memory>

namespace assay::widgets {

/// A figure with what its layers share when drawn.
struct DrawnFigure
{
    std::shared_ptr<const protocol::Figure> figure;
    std::vector<std::vector<BarRect>> bars;
    PlotStyle style;
    double colourLow = 0; ///< range of the colour scale of Cells
    double colourHigh = 1;
};

/// How one layer is told from the others: by colour, and by shape where two layers share a colour, or where
/// colours will be lost.
struct LayerLook
{
    QColor colour;
    int variant = 0; ///< 0 for the first layer of a colour, 1 for the next, ...: dash, marker shape, hatch
};

/// One layer of a figure on a QCustomPlot: draws its marks, finds them under the cursor and shows which share
/// of each mark's samples is selected (selected parts stay solid, the rest fades). One subclass per layer
/// kind. Owned by the plot. Positions are pixels of the plot unless said otherwise.
class LayerPlottable : public QCPAbstractPlottable
{
public:
    static LayerPlottable* create(protocol::LayerKind kind, QCPAxis* x, QCPAxis* y);

    void show(std::shared_ptr<const DrawnFigure> drawn, int layerIndex, LayerLook look);
    const protocol::Layer& layer() const
    {
        return m_drawn->figure->layers[static_cast<std::size_t>(m_index)];
    }
    const DrawnFigure& drawn() const { return *m_drawn; }
    const LayerLook& look() const { return m_look; }

    virtual int markCount() const;
    /// Where the mark is; null when it has no place (no number, outside a log axis).
    virtual QRectF markRect(int mark) const = 0;
    /// The nearest mark within @p tolerance of @p position, -1 for none. @p distance is set on success.
    int markAt(const QPointF& position, double tolerance, double* distance) const;

    /// Selected share of each mark in [0,1]; an empty list means that nothing is selected anywhere.
    void setShares(QVector<float> shares) { m_shares = std::move(shares); }
    /// Mark under the cursor or the keyboard, -1 for none.
    void setHot(int mark) { m_hot = mark; }

    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;
    /// Room that its sign in the legend needs.
    virtual double legendWidth() const { return style().px(16); }

    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }
    QCPRange getKeyRange(bool& found, QCP::SignDomain) const override;
    QCPRange getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const override;

protected:
    LayerPlottable(QCPAxis* x, QCPAxis* y);

    QPointF place(double x, double y) const;
    bool showsShares() const { return !m_shares.isEmpty() && !layer().samples.empty(); }
    float share(int mark) const { return mark < m_shares.size() ? m_shares[mark] : 0.F; }
    int hot() const { return m_hot; }
    const PlotStyle& style() const { return m_drawn->style; }
    /// The layer's colour, paler while a selection is shown.
    QColor restColour() const;
    void drawInterval(QCPPainter* painter, double x, double low, double high, double capHalf) const;
    /// Hatch of the look's variant over @p shape; nothing for the first of a colour.
    void hatch(QPainter* painter, const QPolygonF& shape, const QColor& ink) const;
    /// Marker of the look's variant, centred.
    static void drawMarker(QPainter* painter, const QPointF& centre, double radius, int variant);
    /// A ring around a mark, closed as far as the mark's samples are selected.
    void drawShareRing(QPainter* painter, const QPointF& centre, double radius, int mark) const;
    QPen linePen(const QColor& colour, double width) const;
    int layerIndex() const { return m_index; }

private:
    std::shared_ptr<const DrawnFigure> m_drawn;
    int m_index = 0;
    LayerLook m_look;
    QVector<float> m_shares;
    int m_hot = -1;
};

} // namespace assay::widgets
