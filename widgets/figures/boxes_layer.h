#pragma once

#include "widgets/figures/layer_plottable.h"

namespace assay::widgets {

/// Box plots from five numbers a mark: whiskers to min and max, box from q1 to q3, a line at the median.
class BoxesLayer : public LayerPlottable
{
public:
    BoxesLayer(QCPAxis* x, QCPAxis* y)
        : LayerPlottable(x, y)
    {}
    int markCount() const override;
    QRectF markRect(int mark) const override;

protected:
    void draw(QCPPainter* painter) override;

private:
    double halfWidth() const;
};

} // namespace assay::widgets
