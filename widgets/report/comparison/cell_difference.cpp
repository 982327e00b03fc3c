#include "widgets/report/comparison/cell_difference.h"

#include <QCoreApplication>

#include <cmath>
#include <limits>

namespace assay::widgets {

namespace {

struct CellDifferenceWords
{
    Q_DECLARE_TR_FUNCTIONS(CellDifference)
};

/// Names along an axis of cells, or 0 when places are numbers and must be equal.
std::size_t namedPlaces(const AxisMerge& axis)
{
    return axis.axis().scale == protocol::AxisScale::Category ? axis.axis().categories.size() : 0;
}

/// The layer's values on the merged grid; empty cells are NaN.
std::vector<double> onMergedGrid(const protocol::Layer& layer, qsizetype figure, const AxisMerge& x,
                                 const AxisMerge& y, std::size_t columns, std::size_t rows)
{
    std::vector<double> values(rows * columns, std::numeric_limits<double>::quiet_NaN());
    const auto count = std::min(layer.z.size(), std::size_t(layer.rows) * layer.columns);
    for (std::size_t mark = 0; mark < count; ++mark) {
        const double column = x.place(figure, static_cast<double>(mark % layer.columns));
        const double row = y.place(figure, static_cast<double>(mark / layer.columns));
        const auto at = static_cast<std::size_t>(row) * columns + static_cast<std::size_t>(column);
        if (column < static_cast<double>(columns) && row < static_cast<double>(rows))
            values[at] = layer.z[mark];
    }
    return values;
}

} // namespace

std::shared_ptr<protocol::Figure> cellDifference(const QVector<OverlaidFigure>& figures, const AxisMerge& x,
                                                 const AxisMerge& y, QString& why)
{
    const auto refuse = [&why](const QString& text) {
        why = text;
        return std::shared_ptr<protocol::Figure>();
    };
    if (figures.size() != 2)
        return refuse(CellDifferenceWords::tr("cells are compared two runs at a time, as their difference"));
    const protocol::Figure &first = *figures[0].figure, &second = *figures[1].figure;
    if (first.layers.size() != 1 || second.layers.size() != 1 ||
        first.layers[0].kind != protocol::LayerKind::Cells ||
        second.layers[0].kind != protocol::LayerKind::Cells)
        return refuse(CellDifferenceWords::tr("it draws more than cells"));
    if (first.colour.scale == protocol::AxisScale::Category ||
        second.colour.scale == protocol::AxisScale::Category)
        return refuse(
            CellDifferenceWords::tr("the colours of its cells are names, which have no difference"));
    if (first.colour.label != second.colour.label || first.colour.unit != second.colour.unit)
        return refuse(CellDifferenceWords::tr("its cells are %1 in %2 and %3 in %4")
                          .arg(QString::fromStdString(first.colour.label), figures[0].run,
                               QString::fromStdString(second.colour.label), figures[1].run));
    const protocol::Layer &a = first.layers[0], &b = second.layers[0];
    const std::size_t namedColumns = namedPlaces(x), namedRows = namedPlaces(y);
    if ((namedColumns == 0 && (a.columns != b.columns || a.x != b.x)) ||
        (namedRows == 0 && (a.rows != b.rows || a.y != b.y)))
        return refuse(CellDifferenceWords::tr("its cells lie at different places in the runs"));

    const std::size_t columns = namedColumns > 0 ? namedColumns : a.columns;
    const std::size_t rows = namedRows > 0 ? namedRows : a.rows;
    auto result = std::make_shared<protocol::Figure>(first);
    protocol::Layer& layer = result->layers[0];
    const std::vector<double> before = onMergedGrid(a, 0, x, y, columns, rows);
    layer.z = onMergedGrid(b, 1, x, y, columns, rows);
    double largest = 0;
    for (std::size_t i = 0; i < layer.z.size(); ++i) {
        layer.z[i] -= before[i];
        if (std::isfinite(layer.z[i]))
            largest = std::max(largest, std::abs(layer.z[i]));
    }
    layer.columns = static_cast<std::uint32_t>(columns);
    layer.rows = static_cast<std::uint32_t>(rows);
    if (namedColumns > 0)
        layer.x.clear();
    if (namedRows > 0)
        layer.y.clear();
    layer.colourMap = "diverging";
    layer.labels.clear();
    layer.count.clear();
    layer.denominator.clear();
    layer.samples = {};
    result->x = x.axis();
    result->y = y.axis();
    result->colour.scale = protocol::AxisScale::Linear;
    result->colour.low = largest > 0 ? -largest : -1;
    result->colour.high = largest > 0 ? largest : 1;
    result->sets.clear();
    result->opens.clear();
    const QString minus = CellDifferenceWords::tr("%1 minus %2").arg(figures[1].run, figures[0].run);
    result->title = first.title + ": " + minus.toStdString();
    result->colour.label += (result->colour.label.empty() ? "" : ", ") + minus.toStdString();
    result->interval.clear();
    return result;
}

} // namespace assay::widgets
