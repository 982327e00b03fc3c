#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace assay::patches::pod {

/// Draws for loops over pixels: SplitMix64 (Steele et al. 2014), the same digits with every library, unlike
/// std distributions. Each user owns its own.
class Draws
{
public:
    explicit Draws(std::uint64_t seed)
        : m_state(seed)
    {}
    std::uint64_t bits()
    {
        m_state += 0x9E3779B97F4A7C15ull;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    /// Uniform in [0,1).
    double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    double between(double low, double high) { return low + (high - low) * unit(); }
    /// Uniform in low .. high, both included.
    std::int64_t whole(std::int64_t low, std::int64_t high)
    {
        return low + static_cast<std::int64_t>(unit() * static_cast<double>(high - low + 1));
    }
    /// Normal (Box and Muller 1958).
    double normal()
    {
        const double radius = std::sqrt(-2 * std::log(1 - unit()));
        return radius * std::cos(2 * std::numbers::pi * unit());
    }

private:
    std::uint64_t m_state;
};

} // namespace assay::patches::pod
