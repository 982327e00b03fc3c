#pragma once

#include "widgets/figures/layer_plottable.h"

namespace assay::widgets {

/// Line and Band layers: a polyline broken at missing values, with the area between low and high behind it.
/// Marks are the line's points; up to 60 of them are drawn as dots.
class LineLayer : public LayerPlottable
{
public:
    LineLayer(QCPAxis* x, QCPAxis* y)
        : LayerPlottable(x, y)
    {}
    int markCount() const override;
    QRectF markRect(int mark) const override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;
    /// A dash needs some length to be known by.
    double legendWidth() const override { return style().px(!isBand() && look().variant > 0 ? 30 : 16); }

protected:
    void draw(QCPPainter* painter) override;

private:
    bool isBand() const { return layer().kind == protocol::LayerKind::Band; }
    void drawBand(QCPPainter* painter) const;
    void drawLine(QCPPainter* painter) const;
    void drawDots(QCPPainter* painter) const;
};

} // namespace assay::widgets
