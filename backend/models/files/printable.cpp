#include "backend/models/files/printable.h"

namespace assay::models {

namespace {

/// Bytes of the UTF-8 sequence at the beginning of @p text; 0 when there is none (RFC 3629, table 3-7 of
/// Unicode).
std::size_t sequenceLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0 && continues(1))
        return 2;
    if (first >= 0xe0 && first < 0xf0 && continues(1) && continues(2) && (first != 0xe0 || byte(1) >= 0xa0) &&
        (first != 0xed || byte(1) < 0xa0))
        return 3;
    if (first >= 0xf0 && first < 0xf5 && continues(1) && continues(2) && continues(3) &&
        (first != 0xf0 || byte(1) >= 0x90) && (first != 0xf4 || byte(1) < 0x90))
        return 4;
    return 0;
}

} // namespace

std::string printable(std::string_view name, std::size_t longest)
{
    std::string text;
    while (!name.empty()) {
        const std::size_t length = sequenceLength(name);
        const auto first = static_cast<unsigned char>(name[0]);
        const bool shown = length > 1 || (length == 1 && first >= 0x20 && first != 0x7f);
        if (text.size() + (shown ? length : 1) > longest)
            break;
        text += shown ? name.substr(0, length) : "?";
        name.remove_prefix(length > 0 ? length : 1);
    }
    return text;
}

} // namespace assay::models
