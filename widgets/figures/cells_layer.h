#pragma once

#include "widgets/figures/layer_plottable.h"

#include <utility>

namespace assay::widgets {

/// A heat map: one rectangle per cell, with its value as text while cells are few and large enough. Mark i is
/// the cell of row i / columns and column i % columns. Cells lie at 0, 1, ... or, when x and y hold a centre
/// per column and row, at those; without centres and with fixed axis limits they fill the limits evenly.
class CellsLayer : public LayerPlottable
{
public:
    CellsLayer(QCPAxis* x, QCPAxis* y)
        : LayerPlottable(x, y)
    {}
    int markCount() const override;
    QRectF markRect(int mark) const override;
    QColor cellColour(int mark) const;

protected:
    void draw(QCPPainter* painter) override;

private:
    /// Edges of cell @p i along an axis, in plot coordinates.
    std::pair<double, double> edges(int i, int count, const std::vector<double>& centres,
                                    const protocol::Axis& axis) const;
    void drawAsImage(QCPPainter* painter) const;
    void drawCells(QCPPainter* painter) const;
    void drawTexts(QCPPainter* painter) const;
    void drawShares(QCPPainter* painter) const;
};

} // namespace assay::widgets
