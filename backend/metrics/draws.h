#pragma once

#include <cstdint>

namespace assay::metrics {

/// The generator of every bootstrap: SplitMix64 (Steele et al. 2014), which gives the same digits with every
/// library, unlike std distributions. Each user owns its own.
class Draws
{
public:
    explicit Draws(std::uint64_t seed)
        : m_state(seed)
    {}
    /// Uniform in 0 .. n-1. The bias of the multiplication is below n / 2^32.
    std::int64_t below(std::int64_t n)
    {
        m_state += 0x9E3779B97F4A7C15ull;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        z ^= z >> 31;
        return static_cast<std::int64_t>(((z >> 32) * static_cast<std::uint64_t>(n)) >> 32);
    }

private:
    std::uint64_t m_state;
};

} // namespace assay::metrics
