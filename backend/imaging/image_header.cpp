#include "backend/imaging/image_header.h"

#include <algorithm>
#include <array>

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

std::int64_t littleEndian32(Bytes bytes, std::size_t at)
{
    std::int64_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
        value = value << 8 | bytes[at + i];
    return value;
}

std::optional<ImageSize> fromPng(Bytes bytes)
{
    constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (bytes.size() < 24 || !std::equal(kSignature.begin(), kSignature.end(), bytes.begin()))
        return std::nullopt;
    return ImageSize{.width = bigEndian(bytes, 16, 4), .height = bigEndian(bytes, 20, 4)};
}

std::optional<ImageSize> fromBmp(Bytes bytes)
{
    if (bytes.size() < 26 || bytes[0] != 'B' || bytes[1] != 'M')
        return std::nullopt;
    const auto signedSide = [&](std::size_t at) { // a negative height means top-down rows
        const auto raw = static_cast<std::int32_t>(littleEndian32(bytes, at));
        return raw < 0 ? -static_cast<std::int64_t>(raw) : static_cast<std::int64_t>(raw);
    };
    return ImageSize{.width = signedSide(18), .height = signedSide(22)};
}

/// Walks the segments up to the start-of-frame that holds the size.
std::optional<ImageSize> fromJpeg(Bytes bytes)
{
    if (bytes.size() < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
        return std::nullopt;
    std::size_t at = 2;
    while (at + 4 <= bytes.size() && bytes[at] == 0xff) {
        const std::uint8_t marker = bytes[at + 1];
        if (marker == 0xff) { // fill byte
            ++at;
            continue;
        }
        const bool frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame && at + 9 <= bytes.size())
            return ImageSize{.width = bigEndian(bytes, at + 7, 2), .height = bigEndian(bytes, at + 5, 2)};
        at += 2 + static_cast<std::size_t>(std::max<std::int64_t>(bigEndian(bytes, at + 2, 2), 2));
    }
    return std::nullopt;
}

} // namespace

std::optional<ImageSize> sizeFromHeader(Bytes bytes)
{
    for (const auto reader : {fromPng, fromJpeg, fromBmp}) {
        if (const auto size = reader(bytes))
            return size;
    }
    return std::nullopt;
}

} // namespace assay::imaging
