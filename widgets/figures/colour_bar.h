#pragma once

#include "widgets/figures/plot_style.h"

#include <qcustomplot.h>

namespace assay::widgets {

/// The scale of Cells beside the plot: a strip of the colour map as high as the axis rect, with a few numbers
/// and what they mean; or, for categories, a patch and a name for each. Owned by the plot's layout; takes no
/// room while it has no map.
class ColourBar : public QCPLayoutElement
{
public:
    ColourBar(QCustomPlot* plot, QCPAxisRect* beside);

    /// @param map name of the colour map, empty to hide
    void setContent(const QString& map, double low, double high, const QString& label,
                    const PlotStyle& style);

    /// Categories by position; those with an empty name are left out.
    void setCategories(const QStringList& names, const QString& label, const PlotStyle& style);

    QSize minimumOuterSizeHint() const override { return {m_width, 0}; }
    QSize maximumOuterSizeHint() const override { return {m_width, QWIDGETSIZE_MAX}; }

protected:
    void draw(QCPPainter* painter) override;

private:
    QVector<double> ticks() const;
    void drawStrip(QCPPainter* painter);
    void drawCategories(QCPPainter* painter);
    /// @param left where the label may begin
    void drawLabel(QCPPainter* painter, double left);

    QCPAxisRect* m_beside;
    QString m_map, m_label;
    QStringList m_categories;
    double m_low = 0, m_high = 1;
    PlotStyle m_style;
    int m_width = 0;
};

} // namespace assay::widgets
