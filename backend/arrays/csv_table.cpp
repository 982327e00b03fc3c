#include "backend/arrays/csv_table.h"

#include "backend/arrays/csv_reader.h"
#include "backend/arrays/mapped_file.h"
#include "backend/protocol/error.h"

#include <QStringDecoder>

#include <algorithm>
#include <charconv>

namespace assay::arrays {

namespace {

/// 0, 1, 2, ..., as data frames without column names write them, perhaps after the empty name of an index.
bool counts(const std::vector<std::string>& fields)
{
    const std::size_t first = !fields.empty() && fields[0].empty() ? 1 : 0;
    for (std::size_t i = first; i < fields.size(); ++i) {
        if (fields[i] != std::to_string(i - first))
            return false;
    }
    return fields.size() - first >= 2;
}

bool looksLikeHeader(const std::vector<std::string>& first, const std::vector<std::string>& second)
{
    if (counts(first))
        return true;
    bool namesAboveNumbers = false;
    for (std::size_t i = 0; i < first.size() && i < second.size(); ++i) {
        const bool isName = !csvValue(first[i]);
        namesAboveNumbers = namesAboveNumbers || (isName && csvValue(second[i]));
    }
    return namesAboveNumbers;
}

/// What is nearest to a number like 1e400 or 1e-400: from_chars does not tell the two apart.
double outOfRange(std::string_view text)
{
    long double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc()) { // beyond that type too, so its exponent has a sign to go by
        const bool isSmall = text.find("e-") != text.npos || text.find("E-") != text.npos;
        value = isSmall ? 0 : std::numeric_limits<long double>::infinity();
        return static_cast<double>(text.front() == '-' ? -value : value);
    }
    return static_cast<double>(value);
}

void checkUtf8(std::span<const std::uint8_t> bytes, const std::string& where)
{
    QStringDecoder decode(QStringDecoder::Utf8, QStringDecoder::Flag::Default);
    constexpr std::size_t kStep = 1 << 20;
    const auto check = [&](QByteArrayView part) {
        const QString text = decode(part); // decoding happens here
        if (decode.hasError())
            throw Error("holds bytes that are no UTF-8", where, "Save it as UTF-8.");
    };
    for (std::size_t at = 0; at < bytes.size(); at += kStep) {
        const auto part = bytes.subspan(at, std::min(kStep, bytes.size() - at));
        check({part.data(), static_cast<qsizetype>(part.size())});
    }
    check("\n"); // a character cut off at the end shows itself
}

/// First pass: sizes, header and which columns are text, so that the second one fills them without growing.
CsvTable survey(CsvReader reader, std::optional<bool> header, const CsvLimits& limits)
{
    CsvTable table;
    table.separator = reader.separator();
    std::vector<std::string> first;
    std::vector<std::string> fields;
    if (!reader.next(first))
        throw Error("holds no records", reader.where());
    const std::int64_t firstLine = reader.line();
    table.columns.resize(first.size());
    const auto note = [&](const std::vector<std::string>& record, std::int64_t line) {
        if (record.size() != table.columns.size())
            throw Error("line " + std::to_string(line) + " has " + std::to_string(record.size()) +
                            " fields; the first has " + std::to_string(table.columns.size()),
                        reader.where(), "Save it again as CSV (RFC 4180).");
        for (std::size_t i = 0; i < record.size(); ++i)
            table.columns[i].isText = table.columns[i].isText || !csvValue(record[i]);
        table.lines.push_back(line);
        if (++table.rows > limits.rows || table.rows * table.columns.size() > limits.cells)
            throw Error("has more than " + std::to_string(table.rows - 1) + " rows of " +
                            std::to_string(table.columns.size()) + " fields, too many to read",
                        reader.where(), "Save the numbers as NPZ.");
    };
    const bool second = reader.next(fields);
    table.hasHeader = header.value_or(second && looksLikeHeader(first, fields));
    if (!table.hasHeader)
        note(first, firstLine);
    else
        for (std::size_t i = 0; i < first.size(); ++i)
            table.columns[i].name = first[i];
    if (second) {
        do
            note(fields, reader.line());
        while (reader.next(fields));
    }
    return table;
}

} // namespace

std::optional<double> csvValue(const std::string& field)
{
    std::string_view text = field;
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    if (text.empty())
        return std::numeric_limits<double>::quiet_NaN();
    if (text.size() > 1 && text.front() == '+' && text[1] != '-')
        text.remove_prefix(1);
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size())
        return std::nullopt;
    if (code == std::errc::result_out_of_range)
        return outOfRange(text);
    return code == std::errc() ? std::optional(value) : std::nullopt;
}

const CsvColumn* CsvTable::find(const std::string& name) const
{
    const auto it = std::ranges::find(columns, name, &CsvColumn::name);
    return it == columns.end() ? nullptr : &*it;
}

CsvTable readCsv(const std::filesystem::path& file, std::optional<bool> header, CsvLimits limits)
{
    const MappedFile mapped(file);
    checkUtf8(mapped.bytes(), mapped.name());
    CsvTable table = survey(CsvReader(mapped.bytes(), mapped.name()), header, limits);
    for (CsvColumn& column : table.columns) {
        if (column.isText)
            column.texts.reserve(table.rows);
        else
            column.numbers.reserve(table.rows);
    }
    CsvReader reader(mapped.bytes(), mapped.name(), table.separator);
    std::vector<std::string> fields;
    if (table.hasHeader)
        reader.next(fields);
    while (reader.next(fields)) {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            CsvColumn& column = table.columns[i];
            if (column.isText)
                column.texts.push_back(std::move(fields[i]));
            else
                column.numbers.push_back(csvValue(fields[i]).value());
        }
    }
    return table;
}

} // namespace assay::arrays
