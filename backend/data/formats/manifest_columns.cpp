#include "backend/data/formats/manifest_columns.h"

#include "backend/arrays/csv_table.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <set>

namespace assay::data {

namespace {

/// Lower case, without spaces around.
std::string plain(const std::string& name)
{
    const auto begin = name.find_first_not_of(" \t");
    if (begin == std::string::npos)
        return {};
    std::string text = name.substr(begin, name.find_last_not_of(" \t") - begin + 1);
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

std::optional<std::size_t> columnOf(const std::vector<std::string>& header,
                                    std::initializer_list<const char*> names)
{
    for (const char* name : names) {
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (plain(header[i]) == name)
                return i;
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<ManifestColumns> ManifestColumns::find(const std::vector<std::string>& header)
{
    const auto path = columnOf(header, {"path", "file", "filename", "file_name", "image"});
    const auto label = columnOf(header, {"label", "class"});
    if (!path || !label)
        return std::nullopt;
    ManifestColumns columns{.path = *path, .label = *label};
    columns.split = columnOf(header, {"split"});
    columns.caption = columnOf(header, {"caption"});
    const auto x = columnOf(header, {"x"});
    const auto y = columnOf(header, {"y"});
    const auto width = columnOf(header, {"width"});
    const auto height = columnOf(header, {"height"});
    if (x && y && width && height) {
        columns.box = {*x, *y, *width, *height};
        columns.category = columnOf(header, {"category"});
    }
    for (std::size_t i = 0; i < header.size(); ++i) {
        const bool ofBox = columns.box && std::ranges::find(*columns.box, i) != columns.box->end();
        if (i != columns.path && i != columns.label && columns.split != i && columns.caption != i &&
            columns.category != i && !ofBox)
            columns.attributes.push_back(i);
    }
    return columns;
}

void ManifestColumns::checkNames(const std::vector<std::string>& header, const std::string& where)
{
    std::set<std::string> seen;
    for (const std::string& name : header) {
        if (plain(name).empty())
            throw Error("has a column without a name", where, "Name every column in the first line.");
        if (!seen.insert(plain(name)).second)
            throw Error("has two columns named '" + plain(name).substr(0, 80) + "'", where,
                        "Give each column a name of its own.");
    }
}

void ColumnBuilder::add(const std::string& field)
{
    double number = std::numeric_limits<double>::quiet_NaN();
    std::int32_t code = -1;
    if (!field.empty()) {
        const auto value = arrays::csvValue(field);
        if (value && std::isfinite(*value))
            number = *value;
        else
            m_isNumeric = false;
        m_isWhole = m_isWhole && std::trunc(number) == number;
        if (!m_tooMany) {
            code = m_texts.numberOf(field);
            m_tooMany = m_texts.texts().size() > kMaxValues;
        }
    }
    m_codes.push_back(code);
    m_numbers.push_back(number);
}

std::optional<RowColumn> ColumnBuilder::finish(const std::string& where) const
{
    if (m_kind == Kind::Numeric && !m_isNumeric)
        throw Error("column '" + m_name + "' holds texts that are no numbers", where,
                    "Correct them, or take the column for a categorical one.");
    const std::vector<std::string>& texts = m_texts.texts();
    const bool classes = m_isWhole && texts.size() <= kFewIntegers;
    const bool numeric =
        m_isNumeric && m_kind != Kind::Categorical && (m_kind == Kind::Numeric || !classes) && !texts.empty();
    RowColumn column{.name = m_name, .values = {}, .codes = {}, .numbers = {}};
    if (numeric) {
        column.numbers = m_numbers;
        return column;
    }
    if (m_tooMany || texts.empty())
        return std::nullopt;
    std::vector<std::int32_t> order(texts.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](std::int32_t a, std::int32_t b) {
        const std::string& left = texts[static_cast<std::size_t>(a)];
        const std::string& right = texts[static_cast<std::size_t>(b)];
        if (m_isNumeric && *arrays::csvValue(left) != *arrays::csvValue(right))
            return *arrays::csvValue(left) < *arrays::csvValue(right);
        return left < right;
    });
    std::vector<std::int32_t> places(texts.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        places[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
        column.values.push_back(texts[static_cast<std::size_t>(order[i])]);
    }
    for (const std::int32_t code : m_codes)
        column.codes.push_back(code < 0 ? -1 : places[static_cast<std::size_t>(code)]);
    return column;
}

} // namespace assay::data
