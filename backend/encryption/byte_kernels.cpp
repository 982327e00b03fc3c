#include "backend/encryption/byte_kernels.h"

#include <bit>
#include <cstring>

namespace assay::encryption {

namespace {

constexpr bool kLittle = std::endian::native == std::endian::little;

} // namespace

void moveBytes(const std::uint8_t* __restrict in, const std::int32_t* __restrict source,
               const std::uint8_t* __restrict mask, std::uint8_t* __restrict out, std::int64_t first,
               std::int64_t last)
{
    if (!source) {
        for (std::int64_t i = first; i < last; ++i)
            out[i] = in[i] ^ mask[i];
        return;
    }
    // Eight values at a time are put together in a register, and stored at once.
    std::int64_t i = first;
    for (; i + 8 <= last; i += 8) {
        std::uint64_t eight = 0, inverted;
        for (int k = 0; k < 8; ++k)
            eight |= std::uint64_t(in[source[i + k]]) << (kLittle ? 8 * k : 56 - 8 * k);
        std::memcpy(&inverted, mask + i, sizeof inverted);
        eight ^= inverted;
        std::memcpy(out + i, &eight, sizeof eight);
    }
    for (; i < last; ++i)
        out[i] = in[source[i]] ^ mask[i];
}

void moveUnits(const float* __restrict in, const std::int32_t* __restrict source,
               const std::uint8_t* __restrict mask, bool slope, float* __restrict out, std::int64_t first,
               std::int64_t last)
{
    const float one = slope ? 0.0f : 1.0f;
    for (std::int64_t i = first; i < last; ++i) {
        const float v = in[source ? source[i] : i];
        out[i] = mask[i] ? one - v : v;
    }
}

void moveNibbles(const std::uint8_t* __restrict in, const std::uint32_t* __restrict low,
                 const std::uint32_t* __restrict high, const std::uint8_t* __restrict mask,
                 std::uint8_t* __restrict out, std::int64_t first, std::int64_t last)
{
    for (std::int64_t i = first; i < last; ++i) {
        const unsigned below = in[low[i] >> 3] >> (low[i] & 7) & 15u;
        const unsigned above = in[high[i] >> 3] >> (high[i] & 7) & 15u;
        out[i] = static_cast<std::uint8_t>((below | above << 4) ^ mask[i]);
    }
}

void lookUp(const std::uint8_t* __restrict in, const std::uint8_t* __restrict coded,
            const std::int16_t* __restrict tables, std::int16_t* __restrict out, std::int64_t first,
            std::int64_t last)
{
    for (std::int64_t i = first; i < last; ++i)
        out[i] = tables[256 * coded[i] + in[i]];
}

void lookBack(const std::int16_t* __restrict in, const std::uint8_t* __restrict coded,
              const std::int16_t* __restrict tables, std::uint8_t* __restrict out, std::int64_t first,
              std::int64_t last)
{
    for (std::int64_t i = first; i < last; ++i) {
        const auto v = static_cast<std::uint16_t>(in[i]); // what is below 0 lies above 1000
        const std::uint16_t known = v < 1000 ? v : 1000;
        out[i] = static_cast<std::uint8_t>(tables[1001 * coded[i] + known]);
    }
}

} // namespace assay::encryption
