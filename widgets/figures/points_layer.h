#pragma once

#include "widgets/figures/layer_plottable.h"

namespace assay::widgets {

/// Markers with error bars and, where they fit, labels. Selected points stay solid and get a ring.
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

private:
    void drawLabels(QCPPainter* painter) const;
    void drawLabel(QCPPainter* painter, const QRectF& point, const QString& text,
                   const QFontMetricsF& metrics, const QRectF& area, QVector<QRectF>& taken) const;
};

} // namespace assay::widgets
