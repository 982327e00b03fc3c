#pragma once

#include "widgets/figures/layer_plottable.h"

namespace assay::widgets {

/// Reference lines across the plot with a text at their end: x makes vertical lines, y horizontal ones. A
/// text keeps off the layer's other lines and texts where there is room.
class MarksLayer : public LayerPlottable
{
public:
    MarksLayer(QCPAxis* x, QCPAxis* y)
        : LayerPlottable(x, y)
    {}
    int markCount() const override;
    QRectF markRect(int mark) const override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

protected:
    void draw(QCPPainter* painter) override;

private:
    /// The line of mark @p mark: vertical ones come first.
    QLineF lineOf(int mark) const;
    /// Whether the line can be seen.
    bool isShown(int mark) const;
    void drawText(QCPPainter* painter, int mark, const QFontMetricsF& metrics, QVector<QRectF>& taken) const;
    bool crossesAnother(int mark, const QRectF& box) const;
};

} // namespace assay::widgets
