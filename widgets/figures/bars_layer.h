#pragma once

#include "widgets/figures/layer_plottable.h"

namespace assay::widgets {

/// Bars at the places of layoutBars(), with their intervals. The selected share of a bar is its solid lower
/// part.
class BarsLayer : public LayerPlottable
{
public:
    BarsLayer(QCPAxis* x, QCPAxis* y)
        : LayerPlottable(x, y)
    {}
    QRectF markRect(int mark) const override;

protected:
    void draw(QCPPainter* painter) override;

private:
    void drawBar(QCPPainter* painter, int mark, const QRectF& rect) const;
    /// Whiskers of all bars of the figure: the last layer draws them over every bar.
    void drawIntervals(QCPPainter* painter) const;
    void drawValues(QCPPainter* painter) const;
    QColor hatchInk() const;
};

} // namespace assay::widgets
