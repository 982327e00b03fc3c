#pragma once

#include "backend/metrics/rates.h"
#include "backend/protocol/table.h"

#include <string>

namespace assay::reporting {

inline protocol::Column textColumn(std::string name, std::string label)
{
    return {.name = std::move(name), .label = std::move(label)};
}

inline protocol::Column numberColumn(std::string name, std::string label, int digits = -1,
                                     std::string unit = {})
{
    return {.name = std::move(name), .label = std::move(label), .unit = std::move(unit), .digits = digits};
}

/// Appends one row to a table's columns, in order; each cell is a text or a number as its column is.
class TableRow
{
public:
    explicit TableRow(protocol::Table& table)
        : m_table(table)
    {}
    TableRow& operator<<(const std::string& text)
    {
        m_table.columns.at(m_next++).texts.push_back(text);
        return *this;
    }
    TableRow& operator<<(double number)
    {
        m_table.columns.at(m_next++).numbers.push_back(number);
        return *this;
    }
    /// Value and both ends of the interval: three cells.
    TableRow& operator<<(const metrics::Rate& rate) { return *this << rate.value << rate.low << rate.high; }

private:
    protocol::Table& m_table;
    std::size_t m_next = 0;
};

} // namespace assay::reporting
