#pragma once

#include "backend/protocol/scene.h"
#include "widgets/theme/theme.h"

#include <QWidget>

#include <vector>

namespace assay::widgets {

/// What models say of a scene: probabilities as bars, with a heading for each model where there are several,
/// and below them the colours of the scene's maps with the values at their ends.
class SceneBars : public QWidget
{
    Q_OBJECT
public:
    explicit SceneBars(QWidget* parent = nullptr);

    void setScene(const protocol::Scene& scene);
    void setTheme(const Theme& theme);
    const std::vector<protocol::SceneBar>& bars() const { return m_bars; }
    bool isEmpty() const { return m_bars.empty() && m_maps.empty(); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    /// A map without its values.
    struct Legend
    {
        QString name;
        QString colours;
        double low = 0, high = 1;
        bool operator==(const Legend&) const = default;
    };
    double rowHeight() const;
    /// Calls @p draw(bar or null, heading, rectangle) for each line from the top.
    template <class Draw>
    double forEachLine(Draw draw) const;
    void paintBar(QPainter& painter, const protocol::SceneBar& bar, const QRectF& line) const;
    void paintLegend(QPainter& painter, const Legend& legend, const QRectF& lines) const;

    Theme m_theme = Theme::light();
    std::vector<protocol::SceneBar> m_bars;
    std::vector<Legend> m_maps;
};

} // namespace assay::widgets
