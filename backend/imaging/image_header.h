#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace assay::imaging {

struct ImageSize
{
    std::int64_t width = 0;
    std::int64_t height = 0;
};

/// Reads the size from the header of a PNG, JPEG or BMP without decoding. nullopt: none of these, or cut off
/// before its size. Never reads outside @p bytes.
std::optional<ImageSize> sizeFromHeader(std::span<const std::uint8_t> bytes);

} // namespace assay::imaging
