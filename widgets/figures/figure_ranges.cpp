#include "widgets/figures/figure_ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::widgets {

namespace {

using protocol::Axis;
using protocol::AxisScale;
using protocol::LayerKind;

/// Grows to hold every finite value (positive ones only on a log axis).
class Extent
{
public:
    explicit Extent(bool log)
        : m_log(log)
    {}
    void add(double v)
    {
        if (!std::isfinite(v) || (m_log && v <= 0))
            return;
        m_low = std::min(m_low, v);
        m_high = std::max(m_high, v);
    }
    void add(const std::vector<double>& values)
    {
        for (const double v : values)
            add(v);
    }
    bool isEmpty() const { return m_low > m_high; }
    /// With @p air as share of the range on both sides; a single value gets room around it.
    Range padded(double air) const
    {
        if (isEmpty())
            return m_log ? Range{0.1, 10} : Range{0, 1};
        if (m_log) {
            const double decades = std::log10(m_high / m_low);
            const double grow = std::pow(10.0, decades > 0 ? decades * air : 0.5);
            return {m_low / grow, m_high * grow};
        }
        double size = m_high - m_low;
        if (!(size > std::abs(m_high) * 1e-12))
            size = m_high == 0 ? 1 / air : std::abs(m_high) / air * 0.5;
        return {m_low - size * air, m_high + size * air};
    }
    double low() const { return m_low; }
    double high() const { return m_high; }

private:
    bool m_log;
    double m_low = std::numeric_limits<double>::infinity();
    double m_high = -std::numeric_limits<double>::infinity();
};

/// Centres plus half a cell, or the index positions.
void addCells(Extent& extent, const std::vector<double>& centres, std::uint32_t count, const Axis& axis)
{
    if (centres.size() == count && count > 1) {
        const double half = (centres[1] - centres[0]) / 2;
        extent.add(centres.front() - half);
        extent.add(centres.back() + half);
    } else if (!(axis.low && axis.high)) {
        extent.add(-0.5);
        extent.add(count - 0.5);
    }
}

Range fixed(const Axis& axis, Range range)
{
    const bool log = axis.scale == AxisScale::Log;
    if (axis.low && std::isfinite(*axis.low) && (!log || *axis.low > 0))
        range.low = *axis.low;
    if (axis.high && std::isfinite(*axis.high) && (!log || *axis.high > 0))
        range.high = *axis.high;
    if (!(range.high > range.low))
        range.high = log ? range.low * 10 : range.low + 1;
    return range;
}

Range categories(const Axis& axis, std::size_t atLeast)
{
    const auto count = std::max({axis.categories.size(), atLeast, std::size_t{1}});
    return {-0.5, static_cast<double>(count) - 0.5};
}

} // namespace

FigureRanges rangesOf(const protocol::Figure& figure, const std::vector<std::vector<BarRect>>& bars)
{
    Extent x(figure.x.scale == AxisScale::Log), y(figure.y.scale == AxisScale::Log), colour(false);
    bool hasBars = false, hasCells = false, onlyAreas = true, diverging = false;
    std::size_t columns = 0, rows = 0;
    for (std::size_t i = 0; i < figure.layers.size(); ++i) {
        const auto& layer = figure.layers[i];
        switch (layer.kind) {
        case LayerKind::Bars:
            hasBars = true;
            for (std::size_t m = 0; m < bars[i].size(); ++m) {
                const BarRect& bar = bars[i][m];
                x.add(bar.left);
                x.add(bar.right);
                y.add(bar.bottom);
                y.add(bar.top);
                if (m < layer.high.size())
                    y.add(bar.bottom + layer.high[m]);
                if (m < layer.low.size())
                    y.add(bar.bottom + layer.low[m]);
            }
            break;
        case LayerKind::Cells:
            hasCells = true;
            columns = std::max<std::size_t>(columns, layer.columns);
            rows = std::max<std::size_t>(rows, layer.rows);
            addCells(x, layer.x, layer.columns, figure.x);
            addCells(y, layer.y, layer.rows, figure.y);
            colour.add(layer.z);
            diverging = diverging || layer.colourMap == "diverging";
            break;
        case LayerKind::Boxes:
            onlyAreas = false;
            x.add(layer.x);
            y.add(layer.z);
            break;
        default:
            onlyAreas = false;
            x.add(layer.x);
            y.add(layer.y);
            y.add(layer.low);
            y.add(layer.high);
        }
    }
    constexpr double kAir = 0.05;
    FigureRanges result;
    const double air = hasCells && onlyAreas ? 1e-9 : kAir;
    result.x = figure.x.scale == AxisScale::Category ? categories(figure.x, columns)
                                                     : fixed(figure.x, x.padded(air));
    Range vertical = y.padded(air);
    if (hasBars && figure.y.scale == AxisScale::Linear && !y.isEmpty()) {
        if (y.low() >= 0)
            vertical.low = 0;
        // Shares that add up to one end at one: air above it would suggest that there could be more.
        if (y.low() >= 0 && std::abs(y.high() - 1) < 1e-9)
            vertical.high = 1;
    }
    result.y = figure.y.scale == AxisScale::Category ? categories(figure.y, rows) : fixed(figure.y, vertical);
    Range scale = colour.isEmpty() ? Range{0, 1} : Range{colour.low(), colour.high()};
    if (diverging) {
        const double reach = std::max(std::abs(scale.low), std::abs(scale.high));
        scale = {-reach, reach};
    }
    result.colour = fixed(figure.colour, scale);
    return result;
}

} // namespace assay::widgets
