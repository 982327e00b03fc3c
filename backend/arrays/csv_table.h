#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace assay::arrays {

/// One column of a CSV file.
struct CsvColumn
{
    std::string name;               ///< of the header; empty without one
    std::vector<double> numbers;    ///< NaN where the field is empty or says nan; empty for a text column
    std::vector<std::string> texts; ///< UTF-8, only of a text column
    bool isText = false;            ///< some field is neither empty nor a number
};

struct CsvTable
{
    std::vector<CsvColumn> columns;
    std::size_t rows = 0;
    bool hasHeader = false;
    char separator = ',';
    std::vector<std::int64_t> lines; ///< [rows] where each begins in the file, from 1: for messages

    const CsvColumn* find(const std::string& name) const; ///< nullptr when absent
};

struct CsvLimits
{
    std::size_t rows = 20'000'000;
    std::size_t cells = std::size_t(1) << 28;
};

/// Reads a whole CSV file into columns of numbers or texts. The header is told by its first record: it has
/// fields that are no numbers above columns of numbers, or counts 0, 1, 2, ... @p header decides it instead.
/// Numbers are written with a point; "inf" is a number.
/// @throws Error naming file and line: no records, records of different length, bytes that are no UTF-8, too
///         many rows or cells, and as CsvReader.
CsvTable readCsv(const std::filesystem::path& file, std::optional<bool> header = {}, CsvLimits limits = {});

/// nullopt when @p field is no number. An empty field is NaN. Spaces around it do not count.
std::optional<double> csvValue(const std::string& field);

} // namespace assay::arrays
