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

enum class ImageKind { Png, Jpeg, Bmp, Tiff, WebP };

/// "PNG", "JPEG", "BMP", "TIFF", "WebP".
const char* kindName(ImageKind kind);

/// What the head of an image file says, as written there: nothing is decoded, everything may be a lie.
struct ImageHeader
{
    ImageKind kind = ImageKind::Png;
    ImageSize size;      ///< as stored, before the orientation is applied
    bool colour = true;  ///< false: grey (a colour image may still hold only grey pixels)
    bool alpha = false;  ///< has an alpha channel (palettes with transparent colours included)
    int orientation = 1; ///< EXIF: 1 upright .. 8; 5 to 8 swap width and height
    /// TIFF only: the decoder gives colours that are already multiplied by their alpha.
    bool premultiplied = false;

    ImageSize uprightSize() const { return orientation >= 5 ? ImageSize{size.height, size.width} : size; }
};

/// By the first bytes; nullopt: none of the five.
std::optional<ImageKind> kindFromHeader(std::span<const std::uint8_t> bytes);

/// Reads the head of a PNG, JPEG, BMP, TIFF or WebP. nullopt: none of these, or cut off before its size (a
/// TIFF may keep its size at its end). Never reads outside @p bytes; at most a step per segment of the file.
std::optional<ImageHeader> readHeader(std::span<const std::uint8_t> bytes);

/// readHeader()'s size, as stored.
std::optional<ImageSize> sizeFromHeader(std::span<const std::uint8_t> bytes);

/// Whether the JPEG @p bytes reach their end marker: decoders fill what is missing with grey and say nothing.
/// Bytes behind the end marker, as phones and cameras leave them, do not matter.
bool jpegIsWhole(std::span<const std::uint8_t> bytes);

/// Whether the pixels that the TIFF's directory lists lie within @p bytes.
bool tiffIsWhole(std::span<const std::uint8_t> bytes);

} // namespace assay::imaging
