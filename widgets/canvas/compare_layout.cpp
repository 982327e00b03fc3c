#include "widgets/canvas/compare_layout.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kGap = 2; ///< logical pixels between panes side by side

struct PaneCells
{
    int columns = 1, rows = 1;
};

/// The number of columns whose panes come nearest to square.
PaneCells cellsFor(int images, const QSizeF& view)
{
    PaneCells best;
    double bestStretch = -1;
    for (int columns = 1; columns <= images; ++columns) {
        const int rows = (images + columns - 1) / columns;
        const double width = view.width() / columns, height = view.height() / rows;
        const double stretch = std::min(width, height);
        if (stretch > bestStretch + 1e-9) {
            bestStretch = stretch;
            best = {columns, rows};
        }
    }
    return best;
}

bool comparesTwo(const CompareSettings& s, int images)
{
    const auto exists = [images](int index) { return index >= 0 && index < images; };
    return s.mode != CompareMode::Single && exists(s.first) && exists(s.second);
}

QVector<Pane> sideBySide(int images, const QSizeF& view)
{
    const PaneCells cells = cellsFor(images, view);
    const double width = std::floor((view.width() - kGap * (cells.columns - 1)) / cells.columns);
    const double height = std::floor((view.height() - kGap * (cells.rows - 1)) / cells.rows);
    QVector<Pane> panes;
    for (int i = 0; i < images; ++i) {
        const QRectF rect(i % cells.columns * (width + kGap), i / cells.columns * (height + kGap), width,
                          height);
        panes.append({rect, rect, i});
    }
    return panes;
}

} // namespace

QVector<Pane> comparePanes(const CompareSettings& s, int images, const QSizeF& view, int blinkPhase)
{
    if (images < 1 || view.isEmpty())
        return {};
    const QRectF all(QPointF(0, 0), view);
    if (s.mode == CompareMode::SideBySide)
        return sideBySide(images, view);
    const int first = std::clamp(s.first, 0, images - 1);
    if (!comparesTwo(s, images))
        return {{all, all, first}};
    switch (s.mode) {
    case CompareMode::Swipe: {
        const double x = view.width() * s.divider;
        return {{all, QRectF(0, 0, x, view.height()), first},
                {all, QRectF(x, 0, view.width() - x, view.height()), s.second}};
    }
    case CompareMode::Blink:
        return {{all, all, blinkPhase == 0 ? first : s.second}};
    case CompareMode::Difference:
        return {{all, all, s.second, first}};
    default:
        return {{all, all, first}};
    }
}

QSizeF paneSize(const CompareSettings& settings, int images, const QSizeF& view)
{
    const QVector<Pane> panes = comparePanes(settings, images, view);
    return panes.isEmpty() ? view : panes.first().rect.size();
}

int paneAt(const QVector<Pane>& panes, const QPointF& point)
{
    const auto found =
        std::ranges::find_if(panes, [&](const Pane& pane) { return pane.clip.contains(point); });
    return found == panes.end() ? -1 : static_cast<int>(found - panes.begin());
}

bool onDivider(const CompareSettings& s, int images, const QSizeF& view, const QPointF& point, double reach)
{
    return s.mode == CompareMode::Swipe && comparesTwo(s, images) &&
           std::abs(point.x() - view.width() * s.divider) <= reach;
}

} // namespace assay::widgets
