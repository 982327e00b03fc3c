#pragma once

#include "widgets/figures/layer_plottable.h"

namespace assay::widgets {

/// Reference lines across the plot with a text at their end: x makes vertical lines, y horizontal ones.
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
};

} // namespace assay::widgets
