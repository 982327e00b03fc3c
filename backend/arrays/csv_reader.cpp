#include "backend/arrays/csv_reader.h"

#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::arrays {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr int kLinesLookedAt = 10;

std::string_view textOf(std::span<const std::uint8_t> bytes)
{
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());
    return text;
}

/// How many of @p separator stand outside quotes in each of the first lines.
std::vector<std::size_t> countPerLine(std::string_view text, char separator)
{
    constexpr std::size_t kEnough = 1 << 20;
    std::vector<std::size_t> counts;
    std::size_t count = 0;
    bool quoted = false;
    bool empty = true;
    for (const char c : text.substr(0, kEnough)) {
        quoted = quoted != (c == '"');
        if (c == '\n' && !quoted) {
            if (!empty)
                counts.push_back(count);
            if (counts.size() == kLinesLookedAt)
                return counts;
            count = 0;
            empty = true;
        } else if (c != '\r') {
            empty = false;
            count += c == separator && !quoted ? 1 : 0;
        }
    }
    if (!empty && text.size() <= kEnough)
        counts.push_back(count);
    return counts;
}

} // namespace

CsvReader::CsvReader(std::span<const std::uint8_t> bytes, std::string where, char separator)
    : m_text(textOf(bytes))
    , m_where(std::move(where))
    , m_separator(separator != 0 ? separator : guessSeparator(m_text))
{}

char CsvReader::guessSeparator(std::string_view text)
{
    for (const char separator : {'\t', ';', ','}) {
        const std::vector<std::size_t> counts = countPerLine(text, separator);
        const bool same =
            std::ranges::all_of(counts, [&](std::size_t count) { return count == counts.front(); });
        if (!counts.empty() && counts.front() > 0 && same)
            return separator;
    }
    return ',';
}

void CsvReader::fail(const std::string& what) const
{
    throw Error("line " + std::to_string(m_line) + " " + what, m_where, "Save it again as CSV (RFC 4180).");
}

std::string CsvReader::quotedField()
{
    std::string field;
    const std::int64_t begin = m_line;
    for (++m_at; m_at < m_text.size(); ++m_at) {
        const char c = m_text[m_at];
        if (c == '"') {
            if (m_at + 1 == m_text.size() || m_text[m_at + 1] != '"') {
                ++m_at;
                return field;
            }
            ++m_at;
        }
        m_line += c == '\n' ? 1 : 0;
        if (c == '\0')
            fail("holds a zero byte");
        if (field.size() == kMaxField)
            fail("has a field of more than 64 KiB");
        field += c;
    }
    m_line = begin;
    fail("opens a quote that is never closed");
}

std::string CsvReader::plainField()
{
    const std::size_t begin = m_at;
    for (; m_at < m_text.size() && m_text[m_at] != m_separator && m_text[m_at] != '\n'; ++m_at) {
        if (m_text[m_at] == '"')
            fail("has a quote inside a field that is not quoted");
        if (m_text[m_at] == '\0')
            fail("holds a zero byte");
        if (m_at - begin == kMaxField)
            fail("has a field of more than 64 KiB");
    }
    std::string_view field = m_text.substr(begin, m_at - begin);
    if (field.ends_with('\r'))
        field.remove_suffix(1);
    return std::string(field);
}

bool CsvReader::next(std::vector<std::string>& fields)
{
    fields.clear();
    while (m_text.substr(m_at).starts_with('\n') || m_text.substr(m_at).starts_with("\r\n")) {
        m_at += m_text[m_at] == '\n' ? 1 : 2;
        ++m_line;
    }
    if (m_at == m_text.size())
        return false;
    m_recordLine = m_line;
    for (;;) {
        if (fields.size() == kMaxFields)
            fail("has more than 20000 fields");
        const bool quoted = m_at < m_text.size() && m_text[m_at] == '"';
        fields.push_back(quoted ? quotedField() : plainField());
        if (quoted && m_text.substr(m_at).starts_with("\r"))
            ++m_at;
        if (m_at == m_text.size())
            return true;
        const char c = m_text[m_at++];
        if (c == '\n') {
            ++m_line;
            return true;
        }
        if (c != m_separator)
            fail("goes on after a closing quote");
    }
}

} // namespace assay::arrays
