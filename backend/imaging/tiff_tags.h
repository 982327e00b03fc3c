#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace assay::imaging {

/// The tags of the first directory of a TIFF file (TIFF 6.0, section 2) that say what the image is. EXIF
/// blocks of other formats are such files too.
struct TiffTags
{
    std::int64_t width = 0;
    std::int64_t height = 0;
    std::int64_t samplesPerPixel = 1;
    std::int64_t bitsPerSample = 1;
    std::int64_t photometric = -1; ///< 0, 1: grey; 2: RGB; 3: palette; -1: absent
    std::int64_t extraSample = -1; ///< 0 unspecified, 1 associated alpha, 2 unassociated; -1: absent
    int orientation = 1;
    std::size_t orientationAt = 0;    ///< where its value stands in the file; 0: absent
    std::size_t orientationBytes = 0; ///< 2 or 4
    bool pixelsInside = true;         ///< every strip or tile lies within the file (or none is listed)
};

/// nullopt: no TIFF, or cut off before its first directory. Never reads outside @p bytes, and at most
/// kMaxTags entries. Classic TIFF only, not BigTIFF.
std::optional<TiffTags> readTiffTags(std::span<const std::uint8_t> bytes);

/// A copy of the file that says it is upright already: decoders that turn the image themselves (OpenCV does,
/// for TIFF alone) then leave it as it is stored.
std::vector<std::uint8_t> withoutOrientation(std::span<const std::uint8_t> bytes, const TiffTags& tags);

inline constexpr std::size_t kMaxTags = 512;

} // namespace assay::imaging
