#include "widgets/figures/mark_text.h"

#include "widgets/figures/plot_style.h"

#include <QStringList>

#include <cmath>

namespace assay::widgets {

namespace {

using protocol::Axis;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

QString qs(const std::string& text)
{
    return QString::fromStdString(text);
}

/// "Target model: fashion-mlp" or "ε: 1.5".
QString coordinate(const Axis& axis, double value, const QString& fallback)
{
    QString text = numberText(value);
    const auto index = static_cast<std::size_t>(std::llround(std::max(0.0, value)));
    if (axis.scale == AxisScale::Category && index < axis.categories.size())
        text = qs(axis.categories[index]);
    else if (!axis.unit.empty())
        text += ' ' + qs(axis.unit);
    const QString name = axis.label.empty() ? fallback : qs(axis.label);
    return name.isEmpty() ? text : QStringLiteral("%1: %2").arg(name, text);
}

double at(const std::vector<double>& values, std::size_t i)
{
    return i < values.size() ? values[i] : std::nan("");
}

void addValue(QStringList& lines, const Figure& figure, const Layer& layer, std::size_t i)
{
    lines << coordinate(figure.y, at(layer.y, i), {});
    const double low = at(layer.low, i), high = at(layer.high, i);
    if (std::isfinite(low) && std::isfinite(high)) {
        const QString name = figure.interval.empty() ? QStringLiteral("interval") : qs(figure.interval);
        lines << QStringLiteral("%1: %2 – %3").arg(name, numberText(low), numberText(high));
    }
}

void addCells(QStringList& lines, const Figure& figure, const Layer& layer, std::size_t i)
{
    if (layer.columns == 0)
        return;
    const std::size_t row = i / layer.columns, column = i % layer.columns;
    const double x = layer.x.size() == layer.columns ? layer.x[column] : static_cast<double>(column);
    const double y = layer.y.size() == layer.rows ? layer.y[row] : static_cast<double>(row);
    lines << coordinate(figure.x, x, QStringLiteral("column"))
          << coordinate(figure.y, y, QStringLiteral("row"));
    if (figure.colour.scale == AxisScale::Category) {
        lines << coordinate(figure.colour, at(layer.z, i), QStringLiteral("value"));
        return;
    }
    const QString name = axisText(figure.colour.label, figure.colour.unit);
    lines << (name.isEmpty() ? QStringLiteral("value") : name) + ": " + numberText(at(layer.z, i));
}

void addFive(QStringList& lines, const Layer& layer, std::size_t i)
{
    static const char* const kNames[] = {"min", "q1", "median", "q3", "max"};
    for (int k = 4; k >= 0; --k)
        lines << QStringLiteral("%1: %2").arg(kNames[k],
                                              numberText(at(layer.z, 5 * i + static_cast<std::size_t>(k))));
}

void addCounts(QStringList& lines, const Figure& figure, const Layer& layer, std::size_t i)
{
    const double count = at(layer.count, i), of = at(layer.denominator, i);
    if (std::isfinite(count) && std::isfinite(of))
        lines << QStringLiteral("%1 of %2 %3")
                     .arg(numberText(count), numberText(of), qs(figure.rateOf))
                     .trimmed();
    else if (std::isfinite(count))
        lines << QStringLiteral("count: %1").arg(numberText(count));
    if (i < layer.samples.marks()) {
        const auto behind = layer.samples.offsets[i + 1] - layer.samples.offsets[i];
        lines << (behind == 1 ? QStringLiteral("1 image")
                              : QStringLiteral("%1 images").arg(numberText(behind)));
    }
}

} // namespace

QString markText(const Figure& figure, int layerIndex, int mark)
{
    if (layerIndex < 0 || static_cast<std::size_t>(layerIndex) >= figure.layers.size() || mark < 0)
        return {};
    const Layer& layer = figure.layers[static_cast<std::size_t>(layerIndex)];
    const auto i = static_cast<std::size_t>(mark);
    QStringList lines;
    const QString label = i < layer.labels.size() ? qs(layer.labels[i]) : QString();
    lines << (layer.name.empty() ? label : qs(layer.name));
    if (lines.first().isEmpty())
        lines.first() = figure.title.empty() ? QStringLiteral("value") : qs(figure.title);
    else if (!label.isEmpty() && label != lines.first())
        lines << label;
    switch (layer.kind) {
    case LayerKind::Cells:
        addCells(lines, figure, layer, i);
        break;
    case LayerKind::Boxes:
        lines << coordinate(figure.x, at(layer.x, i), QStringLiteral("x"));
        addFive(lines, layer, i);
        break;
    case LayerKind::Marks:
        if (i < layer.x.size())
            lines << coordinate(figure.x, layer.x[i], QStringLiteral("x"));
        else
            lines << coordinate(figure.y, at(layer.y, i - layer.x.size()), QStringLiteral("y"));
        break;
    case LayerKind::Band:
        lines << coordinate(figure.x, at(layer.x, i), QStringLiteral("x"))
              << QStringLiteral("%1 – %2").arg(numberText(at(layer.low, i)), numberText(at(layer.high, i)));
        break;
    default:
        lines << coordinate(figure.x, at(layer.x, i), QStringLiteral("x"));
        if (layer.role != "empty") // nothing is known there; the place of its mark is no value
            addValue(lines, figure, layer, i);
    }
    addCounts(lines, figure, layer, i);
    return lines.join('\n');
}

QString markReason(const Figure& figure, int layerIndex, int mark)
{
    QStringList lines = markText(figure, layerIndex, mark).split('\n');
    const Layer& layer = figure.layers[static_cast<std::size_t>(layerIndex)];
    return lines.mid(0, layer.kind == LayerKind::Cells ? 3 : 2).join(", ");
}

} // namespace assay::widgets
