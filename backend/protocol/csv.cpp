#include "backend/protocol/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace assay::protocol {

namespace {

const char* kindName(LayerKind kind)
{
    switch (kind) {
    case LayerKind::Line:
        return "line";
    case LayerKind::Band:
        return "band";
    case LayerKind::Bars:
        return "bars";
    case LayerKind::Points:
        return "points";
    case LayerKind::Cells:
        return "cells";
    case LayerKind::Boxes:
        return "boxes";
    case LayerKind::Marks:
        return "marks";
    }
    return "";
}

std::string numberAt(const std::vector<double>& values, std::size_t i)
{
    return i < values.size() ? csvNumber(values[i]) : std::string();
}

std::string textAt(const std::vector<std::string>& values, std::size_t i)
{
    return i < values.size() ? csvText(values[i]) : std::string();
}

std::string category(const Axis& axis, double position)
{
    if (axis.scale != AxisScale::Category || !(position >= 0) || position != std::floor(position) ||
        position >= static_cast<double>(axis.categories.size()))
        return {};
    return csvText(axis.categories[static_cast<std::size_t>(position)]);
}

std::size_t markCount(const Layer& layer)
{
    if (layer.kind == LayerKind::Cells)
        return layer.z.size();
    if (layer.kind == LayerKind::Boxes)
        return std::max(layer.x.size(), layer.z.size() / 5);
    return std::max(
        {layer.x.size(), layer.y.size(), layer.low.size(), layer.high.size(), layer.labels.size()});
}

/// Appends FIELD and a separator.
class Row
{
public:
    explicit Row(std::string& out)
        : m_out(out)
    {}
    Row& operator<<(const std::string& field)
    {
        if (!m_first)
            m_out += ',';
        m_first = false;
        m_out += field;
        return *this;
    }
    ~Row() { m_out += '\n'; }

private:
    std::string& m_out;
    bool m_first = true;
};

void appendMark(std::string& out, const Figure& figure, const Layer& layer, std::size_t mark)
{
    const bool cells = layer.kind == LayerKind::Cells;
    const bool boxes = layer.kind == LayerKind::Boxes;
    const double nan = std::nan("");
    double x = mark < layer.x.size() ? layer.x[mark] : nan;
    double y = mark < layer.y.size() ? layer.y[mark] : nan;
    std::string xText = numberAt(layer.x, mark);
    std::string yText = numberAt(layer.y, mark);
    if (cells && layer.columns > 0) {
        x = static_cast<double>(mark % layer.columns);
        y = static_cast<double>(mark / layer.columns);
        xText = csvNumber(x);
        yText = csvNumber(y);
    }
    Row row(out);
    row << csvText(layer.name) << kindName(layer.kind) << csvText(layer.role) << csvText(layer.stack)
        << std::to_string(mark) << xText << category(figure.x, x) << yText << category(figure.y, y)
        << numberAt(layer.low, mark) << numberAt(layer.high, mark)
        << (boxes ? std::string() : numberAt(layer.z, mark));
    for (std::size_t i = 0; i < 5; ++i)
        row << (boxes ? numberAt(layer.z, mark * 5 + i) : std::string());
    row << textAt(layer.labels, mark) << numberAt(layer.count, mark) << numberAt(layer.denominator, mark)
        << (mark < layer.samples.marks()
                ? std::to_string(layer.samples.offsets[mark + 1] - layer.samples.offsets[mark])
                : std::string());
}

} // namespace

std::string csvNumber(double value)
{
    if (std::isnan(value))
        return "nan";
    char buffer[64];
    // Whole numbers stay readable: the shortest form of 100000 would be 1e+05.
    const bool whole = std::trunc(value) == value && std::abs(value) < 1e15;
    const auto end = whole
                         ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr
                         : std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

std::string csvText(const std::string& text)
{
    const bool spaced = !text.empty() && (text.front() == ' ' || text.back() == ' ');
    if (!spaced && text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

std::string toCsv(const Table& table)
{
    std::string out;
    {
        Row header(out);
        for (const auto& column : table.columns)
            header << csvText(column.name);
    }
    for (std::size_t r = 0; r < table.rows(); ++r) {
        Row row(out);
        for (const auto& column : table.columns)
            row << (column.isText() ? textAt(column.texts, r) : numberAt(column.numbers, r));
    }
    return out;
}

std::string toCsv(const Figure& figure)
{
    std::string out = "layer,kind,role,stack,mark,x,x_category,y,y_category,low,high,z,min,q1,median,q3,max,"
                      "label,count,denominator,samples\n";
    for (const auto& layer : figure.layers) {
        const std::size_t marks = markCount(layer);
        for (std::size_t mark = 0; mark < marks; ++mark)
            appendMark(out, figure, layer, mark);
    }
    return out;
}

} // namespace assay::protocol
