#pragma once

#include "widgets/figures/plot_style.h"

#include <qcustomplot.h>

#include <QVector>

namespace assay::widgets {

class LayerPlottable;

/// Title, what the values are a rate of, and the legend, above the plot where they cover no data. Text wraps
/// and legend entries flow to as many lines as the width asks for. Owned by the plot's layout.
class HeaderElement : public QCPLayoutElement
{
public:
    explicit HeaderElement(QCustomPlot* plot);

    void setContent(const QString& title, const QString& subtitle, const QVector<LayerPlottable*>& legend,
                    const PlotStyle& style);
    /// The legend's layer at @p position, or null.
    LayerPlottable* layerAt(const QPointF& position) const;

    void update(UpdatePhase phase) override;
    QSize minimumOuterSizeHint() const override { return {0, m_height}; }
    QSize maximumOuterSizeHint() const override { return {QWIDGETSIZE_MAX, m_height}; }

protected:
    void draw(QCPPainter* painter) override;

private:
    struct Entry
    {
        LayerPlottable* layer;
        QString text;
        QRectF rect; ///< relative to the element
    };
    void arrange(double width);

    QString m_title, m_subtitle;
    QVector<Entry> m_entries;
    PlotStyle m_style;
    QRectF m_titleRect, m_subtitleRect;
    int m_height = 0;
};

} // namespace assay::widgets
