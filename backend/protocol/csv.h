#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"

#include <string>

namespace assay::protocol {

// CSV as scripts want it: UTF-8, one header row, lines end in "\n", fields quoted as RFC 4180 says only where
// they must be, numbers in the shortest form that reads back to the same double ("nan", "inf", "-inf" for
// those).

/// One row per table row, one field per column, headed by Column::name. Columns shorter than the first leave
/// empty fields.
std::string toCsv(const Table& table);

/// The plotted numbers of a figure, one row per mark in the order of the layers. Header:
/// layer,kind,role,stack,mark,x,x_category,y,y_category,low,high,z,min,q1,median,q3,max,label,count,denominator,samples
/// Fields a layer kind does not use are empty. Cells: x is the column, y the row, z the value. Boxes: the
/// five numbers stand in min .. max. `mark` counts from 0 in its layer; `samples` is how many samples stand
/// behind it.
std::string toCsv(const Figure& figure);

/// Shortest text that reads back to @p value; whole numbers below 1e15 without an exponent.
std::string csvNumber(double value);

/// @p text quoted when it holds a comma, a quote, a line break, or a space at either end.
std::string csvText(const std::string& text);

} // namespace assay::protocol
