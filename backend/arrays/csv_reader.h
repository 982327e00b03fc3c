#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::arrays {

/// Reads CSV records one after another from bytes in memory, as RFC 4180 says: fields may be quoted, a quoted
/// field may hold separators, line breaks and doubled quotes. Lines end in LF or CRLF; empty lines are left
/// out; a UTF-8 byte order mark is skipped. The writing side is backend/protocol/csv.h.
class CsvReader
{
public:
    /// @param bytes must outlive the reader. @param where the file, for messages.
    /// @param separator one of ',', ';' and tab; 0: found out by guessSeparator().
    CsvReader(std::span<const std::uint8_t> bytes, std::string where, char separator = 0);

    /// Replaces @p fields by those of the next record. @returns false at the end.
    /// @throws Error naming file and line: a quote that is never closed or that stands inside an unquoted
    ///         field, a zero byte, a field longer than 64 KiB, more than 20000 fields.
    bool next(std::vector<std::string>& fields);

    /// Where the record that next() gave last begins, counted from 1.
    std::int64_t line() const { return m_recordLine; }
    char separator() const { return m_separator; }
    const std::string& where() const { return m_where; }

    /// The first of tab, ';' and ',' that cuts the first ten lines into the same number of fields, more than
    /// one; ',' when none does.
    static char guessSeparator(std::string_view text);

    static constexpr std::size_t kMaxField = 64 * 1024;
    static constexpr std::size_t kMaxFields = 20'000;

private:
    [[noreturn]] void fail(const std::string& what) const;
    std::string quotedField();
    std::string plainField();

    std::string_view m_text;
    std::string m_where;
    char m_separator;
    std::size_t m_at = 0;
    std::int64_t m_line = 1;
    std::int64_t m_recordLine = 0;
};

} // namespace assay::arrays
