#include "backend/protocol/csv.h"
#include "widgets/figures/bars_layout.h"
#include "widgets/report/forms/latex_parts.h"
#include "widgets/report/report_markdown.h"
#include "widgets/theme/theme.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::widgets {

namespace {

using protocol::AxisScale;
using protocol::Layer;
using protocol::LayerKind;

/// Columns of a data file, all of one length.
class DataColumns
{
public:
    explicit DataColumns(std::size_t rows)
        : m_rows(rows)
    {}

    /// Columns that the layer does not have are left out.
    void add(const char* name, const std::vector<double>& values)
    {
        if (values.size() == m_rows && m_rows > 0)
            add(name, [&](std::size_t i) { return values[i]; });
    }

    template <class F>
    void add(const char* name, F value)
    {
        m_names << QByteArray(name);
        QVector<QByteArray> column;
        for (std::size_t i = 0; i < m_rows; ++i)
            column << QByteArray::fromStdString(protocol::csvNumber(value(i)));
        m_columns << column;
    }

    QByteArray text() const
    {
        QByteArray result = m_names.join(' ') + '\n';
        for (qsizetype row = 0; row < qsizetype(m_rows); ++row) {
            for (qsizetype c = 0; c < m_columns.size(); ++c)
                result += (c > 0 ? " " : "") + m_columns[c][row];
            result += '\n';
        }
        return result;
    }

private:
    std::size_t m_rows;
    QList<QByteArray> m_names;
    QVector<QVector<QByteArray>> m_columns;
};

void addIntervals(DataColumns& columns, const Layer& layer)
{
    columns.add("low", layer.low);
    columns.add("high", layer.high);
    const std::size_t marks = layer.y.size();
    if (layer.low.size() != marks || layer.high.size() != marks || marks == 0)
        return;
    // As pgfplots wants error bars: their lengths.
    columns.add("minus", [&](std::size_t i) { return layer.y[i] - layer.low[i]; });
    columns.add("plus", [&](std::size_t i) { return layer.high[i] - layer.y[i]; });
}

} // namespace

QByteArray layerData(const protocol::Figure& figure, std::size_t index)
{
    const Layer& layer = figure.layers[index];
    const std::size_t marks = std::max({layer.x.size(), layer.y.size(), layer.low.size()});
    if (layer.kind == LayerKind::Cells) {
        DataColumns columns(layer.z.size());
        const std::size_t width = std::max<std::size_t>(1, layer.columns);
        columns.add("x", [&](std::size_t i) { return double(i % width); });
        columns.add("y", [&](std::size_t i) { return double(i / width); });
        columns.add("z", layer.z);
        return columns.text();
    }
    DataColumns columns(marks);
    columns.add("x", layer.x);
    columns.add("y", layer.y);
    addIntervals(columns, layer);
    if (layer.kind == LayerKind::Boxes) {
        const char* names[] = {"min", "q1", "median", "q3", "max"};
        for (std::size_t k = 0; k < 5 && layer.z.size() == 5 * marks; ++k)
            columns.add(names[k], [&](std::size_t i) { return layer.z[5 * i + k]; });
    }
    if (layer.kind == LayerKind::Bars) {
        // Where the bars stand: beside and on each other.
        const auto bars = layoutBars(figure)[index];
        const auto value = [&](std::size_t i, auto member) {
            return i < bars.size() ? bars[i].*member : std::numeric_limits<double>::quiet_NaN();
        };
        columns.add(
            "at", [&](std::size_t i) { return (value(i, &BarRect::left) + value(i, &BarRect::right)) / 2; });
        columns.add("bottom", [&](std::size_t i) { return value(i, &BarRect::bottom); });
        columns.add("top", [&](std::size_t i) { return value(i, &BarRect::top); });
    }
    columns.add("count", layer.count);
    columns.add("denominator", layer.denominator);
    return columns.text();
}

} // namespace assay::widgets
