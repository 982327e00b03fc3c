#pragma once

#include <cstdint>
#include <span>

namespace assay::arrays {

/// The unsigned number of @p count bytes at @p offset, lowest byte first. The caller has checked the range.
inline std::uint64_t littleEndian(std::span<const std::uint8_t> bytes, std::size_t offset, int count)
{
    std::uint64_t value = 0;
    for (int i = count - 1; i >= 0; --i)
        value = value << 8 | bytes[offset + static_cast<std::size_t>(i)];
    return value;
}

} // namespace assay::arrays
