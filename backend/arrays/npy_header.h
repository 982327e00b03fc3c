#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace assay::arrays {

/// What a NPY file (numpy's format, versions 1 to 3) says of its array before the values begin.
struct NpyHeader
{
    char kind = 'f';   ///< b bool, i signed, u unsigned, f real, U and S text
    int itemBytes = 4; ///< of one value; of text all its places, four bytes each for U
    bool bigEndian = false;
    bool fortranOrder = false;
    std::vector<std::int64_t> shape; ///< empty: a single value
    std::size_t offset = 0;          ///< where the values begin
    std::string type;                ///< as written, "<f4"

    bool isText() const { return kind == 'U' || kind == 'S'; }
    std::int64_t count() const;      ///< of values; does not overflow
    std::uint64_t byteCount() const; ///< of all values; does not overflow
    std::string shapeText() const;   ///< "[60000, 28, 28]"
};

/// Longest header that is read; callers that only peek read this many bytes.
inline constexpr std::size_t kMaxNpyHeader = 64 * 1024;

/// Whether @p head begins a NPY file.
bool looksLikeNpy(std::span<const std::uint8_t> head);

/// Reads the header from the first bytes of a file, kMaxNpyHeader of them or all there are. Types read: bool,
/// integers of 1 to 8 bytes, reals of 2, 4 and 8, texts U and S; either byte order.
/// @throws Error naming @p where for other versions and types (objects are pickles and never read), malformed
///         headers, more than 16 dimensions, or more than 2^46 values.
NpyHeader readNpyHeader(std::span<const std::uint8_t> head, const std::string& where);

} // namespace assay::arrays
