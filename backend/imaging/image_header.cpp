#include "backend/imaging/image_header.h"

#include "backend/imaging/tiff_tags.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace assay::imaging {

namespace {

using Bytes = std::span<const std::uint8_t>;

std::int64_t bigEndian(Bytes bytes, std::size_t at, std::size_t count)
{
    std::int64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value = value << 8 | bytes[at + i];
    return value;
}

std::int64_t littleEndian(Bytes bytes, std::size_t at, std::size_t count)
{
    std::int64_t value = 0;
    for (std::size_t i = count; i-- > 0;)
        value = value << 8 | bytes[at + i];
    return value;
}

bool has(Bytes bytes, std::size_t at, std::string_view text)
{
    return at <= bytes.size() && text.size() <= bytes.size() - at &&
           std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

constexpr std::string_view kPngSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kExifMark("Exif\0\0", 6);

int exifOrientation(Bytes block)
{
    const auto tags = readTiffTags(block);
    return tags ? tags->orientation : 1;
}

std::optional<ImageHeader> fromPng(Bytes bytes)
{
    if (bytes.size() < 26)
        return std::nullopt;
    const std::uint8_t type = bytes[25]; // 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
    ImageHeader header{.kind = ImageKind::Png,
                       .size = {.width = bigEndian(bytes, 16, 4), .height = bigEndian(bytes, 20, 4)},
                       .colour = type != 0 && type != 4,
                       .alpha = type == 4 || type == 6};
    // Transparent palettes and the orientation stand in chunks before the pixels.
    for (std::size_t at = 33; at + 8 <= bytes.size() && !has(bytes, at + 4, "IDAT");) {
        const auto length = static_cast<std::size_t>(bigEndian(bytes, at, 4));
        if (has(bytes, at + 4, "tRNS"))
            header.alpha = true;
        if (has(bytes, at + 4, "eXIf") && length <= bytes.size() - at - 8)
            header.orientation = exifOrientation(bytes.subspan(at + 8, length));
        at += 12 + length;
    }
    return header;
}

bool greyPalette(Bytes bytes, std::size_t at, std::size_t colours)
{
    for (std::size_t i = at; i < at + 4 * colours; i += 4) {
        if (i + 3 > bytes.size() || bytes[i] != bytes[i + 1] || bytes[i] != bytes[i + 2])
            return false;
    }
    return true;
}

std::optional<ImageHeader> fromBmp(Bytes bytes)
{
    if (bytes.size() < 30)
        return std::nullopt;
    const auto signedSide = [&](std::size_t at) { // a negative height means top-down rows
        const auto raw = static_cast<std::int32_t>(littleEndian(bytes, at, 4));
        return raw < 0 ? -static_cast<std::int64_t>(raw) : static_cast<std::int64_t>(raw);
    };
    ImageHeader header{.kind = ImageKind::Bmp, .size = {.width = signedSide(18), .height = signedSide(22)}};
    const std::int64_t bits = littleEndian(bytes, 28, 2);
    if (bits <= 8 && bytes.size() >= 50) {
        const auto colours = static_cast<std::size_t>(littleEndian(bytes, 46, 4));
        const auto most = std::size_t(1) << bits;
        const auto start = 14 + static_cast<std::size_t>(littleEndian(bytes, 14, 4));
        header.colour = !greyPalette(bytes, start, colours == 0 ? most : std::min(colours, most));
    }
    return header;
}

/// Walks the segments up to the start-of-frame that holds the size.
std::optional<ImageHeader> fromJpeg(Bytes bytes)
{
    ImageHeader header{.kind = ImageKind::Jpeg};
    std::size_t at = 2;
    while (at + 4 <= bytes.size() && bytes[at] == 0xff) {
        const std::uint8_t marker = bytes[at + 1];
        if (marker == 0xff) { // fill byte
            ++at;
            continue;
        }
        const auto length = static_cast<std::size_t>(bigEndian(bytes, at + 2, 2));
        const bool frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame && at + 10 <= bytes.size()) {
            header.size = {.width = bigEndian(bytes, at + 7, 2), .height = bigEndian(bytes, at + 5, 2)};
            header.colour = bytes[at + 9] > 1;
            return header;
        }
        if (marker == 0xe1 && has(bytes, at + 4, kExifMark) && length >= 8 && length <= bytes.size() - at - 2)
            header.orientation = exifOrientation(bytes.subspan(at + 10, length - 8));
        at += 2 + std::max<std::size_t>(length, 2);
    }
    return std::nullopt;
}

std::optional<ImageHeader> fromTiff(Bytes bytes)
{
    const auto tags = readTiffTags(bytes);
    if (!tags)
        return std::nullopt;
    const bool grey = tags->photometric == 0 || tags->photometric == 1;
    const bool alpha = tags->samplesPerPixel == (grey ? 2 : 4) && tags->photometric <= 2;
    // libtiff multiplies bytes by an unassociated alpha when asked for RGBA; deeper values stay as they are.
    const bool multiplied = tags->extraSample == 1 || (tags->extraSample == 2 && tags->bitsPerSample <= 8);
    return ImageHeader{.kind = ImageKind::Tiff,
                       .size = {.width = tags->width, .height = tags->height},
                       .colour = !grey,
                       .alpha = alpha,
                       .orientation = tags->orientation,
                       .premultiplied = alpha && multiplied};
}

int webpOrientation(Bytes bytes)
{
    for (std::size_t at = 12; at + 8 <= bytes.size();) {
        const auto length = static_cast<std::size_t>(littleEndian(bytes, at + 4, 4));
        if (has(bytes, at, "EXIF") && length <= bytes.size() - at - 8) {
            const bool marked = has(bytes, at + 8, kExifMark);
            const std::size_t skip = marked ? std::min(kExifMark.size(), length) : 0;
            return exifOrientation(bytes.subspan(at + 8 + skip, length - skip));
        }
        at += 8 + length + length % 2;
    }
    return 1;
}

/// The three forms of a WebP's first chunk (RFC 9649, sections 2.5 to 2.7).
std::optional<ImageHeader> fromWebP(Bytes bytes)
{
    if (bytes.size() < 30)
        return std::nullopt;
    ImageHeader header{.kind = ImageKind::WebP};
    if (has(bytes, 12, "VP8X")) {
        header.size = {.width = littleEndian(bytes, 24, 3) + 1, .height = littleEndian(bytes, 27, 3) + 1};
        header.alpha = (bytes[20] & 0x10) != 0;
        header.orientation = webpOrientation(bytes);
    } else if (has(bytes, 12, "VP8L")) {
        const std::int64_t packed = littleEndian(bytes, 21, 4);
        header.size = {.width = (packed & 0x3fff) + 1, .height = (packed >> 14 & 0x3fff) + 1};
        header.alpha = (packed >> 28 & 1) != 0;
    } else if (has(bytes, 12, "VP8 ")) {
        header.size = {.width = littleEndian(bytes, 26, 2) & 0x3fff,
                       .height = littleEndian(bytes, 28, 2) & 0x3fff};
    } else {
        return std::nullopt;
    }
    return header;
}

/// Position behind the entropy-coded data that begins at @p at: at its next marker, or the end.
std::size_t skipScan(Bytes bytes, std::size_t at)
{
    while (at + 1 < bytes.size()) {
        const void* found = std::memchr(bytes.data() + at, 0xff, bytes.size() - 1 - at);
        if (!found)
            break;
        at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data());
        const std::uint8_t next = bytes[at + 1];
        const bool data = next == 0 || (next >= 0xd0 && next <= 0xd7); // a stuffed 0xff; a restart
        if (!data && next != 0xff)
            return at;
        at += data ? 2 : 1;
    }
    return bytes.size();
}

} // namespace

const char* kindName(ImageKind kind)
{
    constexpr const char* kNames[] = {"PNG", "JPEG", "BMP", "TIFF", "WebP"};
    return kNames[static_cast<int>(kind)];
}

std::optional<ImageKind> kindFromHeader(Bytes bytes)
{
    if (has(bytes, 0, kPngSignature))
        return ImageKind::Png;
    if (has(bytes, 0, "\xff\xd8\xff"))
        return ImageKind::Jpeg;
    if (has(bytes, 0, "BM"))
        return ImageKind::Bmp;
    if (has(bytes, 0, std::string_view("II*\0", 4)) || has(bytes, 0, std::string_view("MM\0*", 4)))
        return ImageKind::Tiff;
    if (has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP"))
        return ImageKind::WebP;
    return std::nullopt;
}

std::optional<ImageHeader> readHeader(Bytes bytes)
{
    const auto kind = kindFromHeader(bytes);
    if (!kind)
        return std::nullopt;
    switch (*kind) {
    case ImageKind::Png:
        return fromPng(bytes);
    case ImageKind::Jpeg:
        return fromJpeg(bytes);
    case ImageKind::Bmp:
        return fromBmp(bytes);
    case ImageKind::Tiff:
        return fromTiff(bytes);
    case ImageKind::WebP:
        return fromWebP(bytes);
    }
    return std::nullopt;
}

std::optional<ImageSize> sizeFromHeader(Bytes bytes)
{
    const auto header = readHeader(bytes);
    return header ? std::optional(header->size) : std::nullopt;
}

bool tiffIsWhole(Bytes bytes)
{
    const auto tags = readTiffTags(bytes);
    return tags && tags->pixelsInside;
}

bool jpegIsWhole(Bytes bytes)
{
    std::size_t at = 2;
    while (at + 1 < bytes.size() && bytes[at] == 0xff) {
        const std::uint8_t marker = bytes[at + 1];
        if (marker == 0xd9)
            return true;
        if (marker == 0xff) {
            ++at;
            continue;
        }
        const bool bare = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7);
        if (bare) {
            at += 2;
            continue;
        }
        if (at + 4 > bytes.size())
            return false;
        at += 2 + std::max<std::size_t>(static_cast<std::size_t>(bigEndian(bytes, at + 2, 2)), 2);
        if (marker == 0xda)
            at = skipScan(bytes, at);
    }
    return false;
}

} // namespace assay::imaging
