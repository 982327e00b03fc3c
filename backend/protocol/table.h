#pragma once

#include "backend/protocol/figure.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::protocol {

/// A column holds either numbers or texts, one per row.
struct Column
{
    std::string name;  ///< CSV header; stable, [a-z0-9_]+
    std::string label; ///< heading on screen; the name when empty
    std::string unit;
    int digits = -1; ///< digits after the point on screen; -1 shows what is needed. CSV has full precision
    std::vector<double> numbers;
    std::vector<std::string> texts; ///< used when numbers is empty
    bool isText() const { return numbers.empty() && !texts.empty(); }
    std::size_t size() const { return numbers.empty() ? texts.size() : numbers.size(); }
    bool operator==(const Column&) const = default;
};

struct Table
{
    std::string name; ///< stable id, file name of the CSV
    std::string title;
    std::string caption;
    std::string section;
    std::vector<Column> columns;
    MarkSamples samples; ///< samples behind each row, when there are any
    std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
    bool operator==(const Table&) const = default;
};

/// One number with a name. A rate carries its count, denominator and interval.
struct Metric
{
    std::string name;
    double value = 0;
    std::string unit;
    std::string rateOf; ///< what the denominator counts; empty when the value is no rate
    double count = 0;
    double denominator = 0;
    std::optional<double> low; ///< interval, Wilson 95 % unless `interval` says otherwise
    std::optional<double> high;
    std::string interval;
    bool operator==(const Metric&) const = default;
};

} // namespace assay::protocol
