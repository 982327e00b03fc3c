#include "backend/imaging/tiff_tags.h"

#include <algorithm>

namespace assay::imaging {

namespace {

enum Tag {
    kWidth = 256,
    kHeight = 257,
    kBits = 258,
    kPhotometric = 262,
    kStripOffsets = 273,
    kOrientation = 274,
    kSamples = 277,
    kStripBytes = 279,
    kTileOffsets = 324,
    kTileBytes = 325,
    kExtraSamples = 338
};
enum Type { kShort = 3, kLong = 4 };

/// Integers in the file's own byte order; 0 outside the bytes, which no valid tag needs.
class Reader
{
public:
    Reader(std::span<const std::uint8_t> bytes, bool little)
        : m_bytes(bytes)
        , m_little(little)
    {}

    bool holds(std::size_t at, std::size_t count) const
    {
        return at <= m_bytes.size() && count <= m_bytes.size() - at;
    }

    std::int64_t number(std::size_t at, std::size_t count) const
    {
        if (!holds(at, count))
            return 0;
        std::int64_t value = 0;
        for (std::size_t i = 0; i < count; ++i)
            value = value << 8 | m_bytes[at + (m_little ? count - 1 - i : i)];
        return value;
    }

private:
    std::span<const std::uint8_t> m_bytes;
    bool m_little;
};

/// The list of numbers of an entry: within the entry itself when it is short, else elsewhere in the file.
struct List
{
    std::size_t at = 0;
    std::size_t width = 0;
    std::size_t count = 0;
};

List listAt(const Reader& reader, std::size_t at)
{
    const std::int64_t type = reader.number(at + 2, 2);
    if (type != kShort && type != kLong)
        return {};
    List list{.width = type == kShort ? 2u : 4u, .count = static_cast<std::size_t>(reader.number(at + 4, 4))};
    list.at = list.count <= 4 / list.width ? at + 8 : static_cast<std::size_t>(reader.number(at + 8, 4));
    return list;
}

bool pixelsInside(const Reader& reader, const List& offsets, const List& sizes)
{
    if (offsets.count != sizes.count)
        return offsets.count == 0 || sizes.count == 0; // left to the decoder to judge
    if (!reader.holds(offsets.at, offsets.count * offsets.width) ||
        !reader.holds(sizes.at, sizes.count * sizes.width))
        return false;
    for (std::size_t i = 0; i < offsets.count; ++i) {
        const auto begin = reader.number(offsets.at + i * offsets.width, offsets.width);
        const auto size = reader.number(sizes.at + i * sizes.width, sizes.width);
        if (!reader.holds(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)))
            return false;
    }
    return true;
}

} // namespace

std::optional<TiffTags> readTiffTags(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() < 8)
        return std::nullopt;
    const bool little = bytes[0] == 'I' && bytes[1] == 'I' && bytes[2] == 42 && bytes[3] == 0;
    const bool big = bytes[0] == 'M' && bytes[1] == 'M' && bytes[2] == 0 && bytes[3] == 42;
    if (!little && !big)
        return std::nullopt;
    const Reader reader(bytes, little);
    const auto directory = static_cast<std::size_t>(reader.number(4, 4));
    if (!reader.holds(directory, 2))
        return std::nullopt;
    const auto count = std::min(static_cast<std::size_t>(reader.number(directory, 2)), kMaxTags);
    TiffTags tags;
    List offsets;
    List sizes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = directory + 2 + 12 * i;
        if (!reader.holds(at, 12))
            return std::nullopt;
        const List list = listAt(reader, at);
        const std::int64_t value = list.count == 0 ? -1 : reader.number(list.at, list.width);
        switch (reader.number(at, 2)) {
        case kWidth:
            tags.width = value;
            break;
        case kHeight:
            tags.height = value;
            break;
        case kBits:
            tags.bitsPerSample = value;
            break;
        case kPhotometric:
            tags.photometric = value;
            break;
        case kSamples:
            tags.samplesPerPixel = value;
            break;
        case kExtraSamples:
            tags.extraSample = value;
            break;
        case kOrientation:
            if (value >= 1 && value <= 8) {
                tags.orientation = static_cast<int>(value);
                tags.orientationAt = list.at;
                tags.orientationBytes = list.width;
            }
            break;
        case kStripOffsets:
        case kTileOffsets:
            offsets = list;
            break;
        case kStripBytes:
        case kTileBytes:
            sizes = list;
            break;
        default:
            break;
        }
    }
    tags.pixelsInside = pixelsInside(reader, offsets, sizes);
    return tags;
}

std::vector<std::uint8_t> withoutOrientation(std::span<const std::uint8_t> bytes, const TiffTags& tags)
{
    std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
    for (std::size_t i = 0; i < tags.orientationBytes; ++i) {
        const bool lowest = i == (copy[0] == 'I' ? 0 : tags.orientationBytes - 1);
        copy[tags.orientationAt + i] = lowest ? 1 : 0;
    }
    return copy;
}

} // namespace assay::imaging
