#include "backend/arrays/npy_header.h"

#include "backend/arrays/little_endian.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace assay::arrays {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 16;
constexpr std::int64_t kMaxValues = std::int64_t(1) << 46;
constexpr int kMaxTextBytes = 1 << 16; // 2^46 values of them stay below 2^62

/// Reads the one Python dictionary that a header is: {'descr': '<f4', 'fortran_order': False, 'shape': (2,)}.
class DictReader
{
public:
    DictReader(std::string_view text, const std::string& where)
        : m_text(text)
        , m_where(where)
    {}

    void read(NpyHeader& header)
    {
        expect('{');
        while (!take('}')) {
            const std::string key = quoted();
            expect(':');
            if (key == "descr" && !m_descr)
                m_descr = readType(header);
            else if (key == "fortran_order" && !m_order)
                m_order = readOrder(header);
            else if (key == "shape" && !m_shape)
                m_shape = readShape(header);
            else
                fail();
            if (!take(',') && !(skipSpace(), m_at < m_text.size() && m_text[m_at] == '}'))
                fail();
        }
        skipSpace();
        if (m_at != m_text.size() || !m_descr || !m_order || !m_shape)
            fail();
    }

private:
    [[noreturn]] void fail() const
    {
        throw Error("the NPY header is malformed", m_where, "Save the array again with numpy.save.");
    }
    [[noreturn]] void failType(const std::string& what, const std::string& mend) const
    {
        throw Error(what, m_where, mend);
    }

    void skipSpace()
    {
        while (m_at < m_text.size() &&
               (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\t' || m_text[m_at] == '\r'))
            ++m_at;
    }
    bool take(char c)
    {
        skipSpace();
        if (m_at == m_text.size() || m_text[m_at] != c)
            return false;
        ++m_at;
        return true;
    }
    void expect(char c)
    {
        if (!take(c))
            fail();
    }
    bool takeWord(std::string_view word)
    {
        skipSpace();
        if (!m_text.substr(m_at).starts_with(word))
            return false;
        m_at += word.size();
        return true;
    }

    std::string quoted()
    {
        const char quote = take('\'') ? '\'' : '"';
        if (quote == '"')
            expect('"');
        const std::size_t end = m_text.find(quote, m_at);
        if (end == std::string_view::npos || end - m_at > 100)
            fail();
        const std::string text(m_text.substr(m_at, end - m_at));
        m_at = end + 1;
        return text;
    }

    bool readOrder(NpyHeader& header)
    {
        header.fortranOrder = takeWord("True");
        if (!header.fortranOrder && !takeWord("False"))
            fail();
        return true;
    }

    bool readShape(NpyHeader& header)
    {
        expect('(');
        std::int64_t total = 1;
        while (!take(')')) {
            skipSpace();
            std::uint64_t size = 0;
            const char* begin = m_text.data() + m_at;
            const auto [end, code] = std::from_chars(begin, m_text.data() + m_text.size(), size);
            if (end == begin)
                fail();
            m_at += static_cast<std::size_t>(end - begin);
            // Sizes of zero count as one, so that no product of the others overflows later.
            if (code != std::errc() || size > std::uint64_t(kMaxValues) ||
                (size > 1 && total > kMaxValues / static_cast<std::int64_t>(size)))
                throw Error("the NPY header announces more than 2^46 values", m_where);
            total *= std::max<std::int64_t>(1, static_cast<std::int64_t>(size));
            if (header.shape.size() == kMaxRank)
                throw Error("the array has more than 16 dimensions", m_where);
            header.shape.push_back(static_cast<std::int64_t>(size));
            takeWord("L"); // Python 2 wrote long integers so
            if (!take(',') && !(skipSpace(), m_at < m_text.size() && m_text[m_at] == ')'))
                fail();
        }
        return true;
    }

    bool readType(NpyHeader& header)
    {
        skipSpace();
        if (m_at < m_text.size() && m_text[m_at] == '[')
            failType("the array has records of several fields, which are not read",
                     "Save each field as an array of its own.");
        header.type = quoted();
        std::string_view text = header.type;
        if (!text.empty() && std::string_view("<>|=").find(text.front()) != std::string_view::npos) {
            header.bigEndian = text.front() == '>';
            text.remove_prefix(1);
        }
        if (text.starts_with('O'))
            failType("the array holds Python objects, which are pickles and are never read",
                     "Save numbers or texts: array.astype(float) or array.astype(str).");
        int number = 0;
        const auto [end, code] = text.empty()
                                     ? std::from_chars_result{} // no digits to look at
                                     : std::from_chars(text.data() + 1, text.data() + text.size(), number);
        const bool whole = !text.empty() && code == std::errc() && end == text.data() + text.size();
        header.kind = text.empty() ? ' ' : text.front();
        header.itemBytes = header.kind == 'U' && number <= kMaxTextBytes ? 4 * number : number;
        if (!whole || !known(header.kind, header.itemBytes))
            failType("the array has the element type '" + header.type.substr(0, 20) + "', which is not read",
                     "Save it as one of bool, int8 to int64, uint8 to uint64, float16 to float64 or str.");
        return true;
    }

    static bool known(char kind, int bytes)
    {
        const bool power = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
        switch (kind) {
        case 'b':
            return bytes == 1;
        case 'i':
        case 'u':
            return power;
        case 'f':
            return power && bytes > 1;
        case 'U':
        case 'S':
            return bytes >= 1 && bytes <= kMaxTextBytes;
        default:
            return false;
        }
    }

    std::string_view m_text;
    const std::string& m_where;
    std::size_t m_at = 0;
    bool m_descr = false;
    bool m_order = false;
    bool m_shape = false;
};

} // namespace

std::int64_t NpyHeader::count() const
{
    std::int64_t total = 1;
    for (const std::int64_t size : shape)
        total *= size;
    return total;
}

std::uint64_t NpyHeader::byteCount() const
{
    return static_cast<std::uint64_t>(count()) * static_cast<std::uint64_t>(itemBytes);
}

std::string NpyHeader::shapeText() const
{
    std::string text;
    for (const std::int64_t size : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(size);
    return "[" + text + "]";
}

bool looksLikeNpy(std::span<const std::uint8_t> head)
{
    return std::string_view(reinterpret_cast<const char*>(head.data()), head.size()).starts_with(kMagic);
}

NpyHeader readNpyHeader(std::span<const std::uint8_t> head, const std::string& where)
{
    constexpr const char* kAgain = "Save the array again with numpy.save.";
    if (!looksLikeNpy(head))
        throw Error("is no NPY array: it does not begin with \\x93NUMPY", where, kAgain);
    const std::size_t lengthAt = kMagic.size() + 2;
    const int version = head.size() > kMagic.size() ? head[kMagic.size()] : 0;
    if (version < 1 || version > 3)
        throw Error("has NPY version " + std::to_string(version) + "; 1 to 3 are read", where, kAgain);
    const int lengthBytes = version == 1 ? 2 : 4;
    if (head.size() < lengthAt + static_cast<std::size_t>(lengthBytes))
        throw Error("ends inside its NPY header", where, kAgain);
    const std::uint64_t length = littleEndian(head, lengthAt, lengthBytes);
    NpyHeader header;
    header.offset = lengthAt + static_cast<std::size_t>(lengthBytes) + length;
    if (header.offset > kMaxNpyHeader)
        throw Error("has a NPY header of " + std::to_string(length) + " bytes; at most 64 KiB are read",
                    where, kAgain);
    if (header.offset > head.size())
        throw Error("ends inside its NPY header", where, kAgain);
    const std::string_view text(reinterpret_cast<const char*>(head.data()), header.offset);
    DictReader(text.substr(header.offset - length), where).read(header);
    return header;
}

} // namespace assay::arrays
