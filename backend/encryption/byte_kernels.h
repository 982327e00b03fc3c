#pragma once

#include <cstdint>

namespace assay::encryption {

// What ciphers do to the values of one image, to those [first, last) of the result. Nothing overlaps.

/// out[i] = in[source[i]] ^ mask[i]; without a @p source (nullptr) in[i] ^ mask[i].
void moveBytes(const std::uint8_t* in, const std::int32_t* source, const std::uint8_t* mask,
               std::uint8_t* out, std::int64_t first, std::int64_t last);

/// The same of numbers in [0,1], where a mask means 1 - v; @p slope takes the signs alone: -v.
void moveUnits(const float* in, const std::int32_t* source, const std::uint8_t* mask, bool slope, float* out,
               std::int64_t first, std::int64_t last);

/// Each half of a value comes from anywhere: low[i] and high[i] are 8 times the number of a value, plus 4 for
/// its high nibble; the mask is laid on both together.
void moveNibbles(const std::uint8_t* in, const std::uint32_t* low, const std::uint32_t* high,
                 const std::uint8_t* mask, std::uint8_t* out, std::int64_t first, std::int64_t last);

/// out[i] = tables[256 * coded[i] + in[i]]: without and with the cipher.
void lookUp(const std::uint8_t* in, const std::uint8_t* coded, const std::int16_t* tables, std::int16_t* out,
            std::int64_t first, std::int64_t last);

/// The way back, by two tables of 1001: what is no 8-bit value comes out modulo 256, what is outside [0,
/// 1000) is read at 1000.
void lookBack(const std::int16_t* in, const std::uint8_t* coded, const std::int16_t* tables,
              std::uint8_t* out, std::int64_t first, std::int64_t last);

} // namespace assay::encryption
