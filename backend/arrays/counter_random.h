#pragma once

#include <cstdint>

namespace assay::arrays {

// Random bits that depend on nothing but a counter, so that what is drawn for a sample is the same in
// whatever batch, order or thread: the finaliser of SplitMix64 (Steele et al. 2014), a bijection with good
// avalanche. A stream starts at a hash of what it belongs to, and its counter goes on by kGolden a draw.

inline constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u; ///< increment of SplitMix64's counter
inline constexpr std::uint64_t kMixA = 0xbf58476d1ce4e5b9u;
inline constexpr std::uint64_t kMixB = 0x94d049bb133111ebu;
inline constexpr int kDroppedBits = 40;                ///< 24 remain: what a float32 in [0,1) holds
inline constexpr float kRandomUnit = 1.0f / (1 << 24); ///< the distance of neighbouring draws of unitFloat()

/// The bits of counter @p z.
constexpr std::uint64_t mixed(std::uint64_t z)
{
    z = (z ^ (z >> 30)) * kMixA;
    z = (z ^ (z >> 27)) * kMixB;
    return z ^ (z >> 31);
}

/// Uniform in [0,1), of the upper 24 bits.
constexpr float unitFloat(std::uint64_t bits)
{
    return static_cast<float>(bits >> kDroppedBits) * kRandomUnit;
}

} // namespace assay::arrays
