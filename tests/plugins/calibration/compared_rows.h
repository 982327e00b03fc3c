#pragma once

#include "tests/plugins/transfer/cli_run.h"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace assay::test {

// Rows of the tables of studies that compare methods under shifts.

using RowFilter = std::function<bool(const CsvRow&)>;

inline bool isClean(const CsvRow& row)
{
    return row.at("shift") == "clean";
}
inline bool isShifted(const CsvRow& row)
{
    return !isClean(row);
}

/// Mean of a column over the rows of a method that @p counts.
inline double meanOf(const std::vector<CsvRow>& rows, const std::string& method, const std::string& column,
                     const RowFilter& counts)
{
    double sum = 0;
    int n = 0;
    for (const CsvRow& row : rows) {
        if (row.at("calibrator") != method || !counts(row))
            continue;
        sum += number(row, column);
        ++n;
    }
    if (n == 0)
        throw std::runtime_error("no rows of " + method);
    return sum / n;
}

} // namespace assay::test
