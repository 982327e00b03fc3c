#pragma once

#include "widgets/figures/layer_plottable.h"

namespace assay::widgets {

/// Markers with error bars and, where they fit, labels. Selected points stay solid and get a ring. Points of
/// the role "empty", which stand for what nothing is known of, are hollow. A point at the edge of the plot is
/// drawn whole.
class PointsLayer : public LayerPlottable
{
public:
    PointsLayer(QCPAxis* x, QCPAxis* y)
        : LayerPlottable(x, y)
    {}
    QRectF markRect(int mark) const override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

protected:
    void draw(QCPPainter* painter) override;
    QRect clipRect() const override;

private:
    bool isHollow() const { return layer().role == "empty"; }
    /// Whether the point's centre is in the plot.
    bool isInside(const QRectF& mark) const;
    void drawLabels(QCPPainter* painter) const;
    void drawLabel(QCPPainter* painter, const QRectF& point, const QString& text,
                   const QFontMetricsF& metrics, const QRectF& area, QVector<QRectF>& taken) const;
};

} // namespace assay::widgets
