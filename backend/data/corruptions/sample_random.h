#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace assay::data {

/// The random numbers of one sample under one corruption: they depend on (seed, purpose, sample) and on how
/// many were drawn before, never on the batch, the thread or the severity. A corruption draws in the same
/// order at each severity, so that a picture under a moving slider keeps its noise, its flakes and its drops.
class SampleRandom
{
public:
    /// @param purpose tells corruptions apart: their id.
    SampleRandom(std::uint64_t seed, std::string_view purpose, std::uint64_t sample);

    /// In [0,1), 24 bits.
    float uniform();
    /// In [from,to).
    double uniform(double from, double to);
    /// Standard normal (Box and Muller 1958), in pairs.
    void fillNormal(std::span<float> out);

private:
    std::uint64_t m_counter;
};

} // namespace assay::data
