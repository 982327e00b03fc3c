#include "backend/data/corruptions/sample_random.h"

#include "backend/arrays/counter_random.h"

#include <cmath>
#include <numbers>

namespace assay::data {

namespace {

using arrays::kGolden;
using arrays::mixed;

/// FNV-1a: a corruption keeps its numbers when others are added to the list.
std::uint64_t hashOf(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

} // namespace

SampleRandom::SampleRandom(std::uint64_t seed, std::string_view purpose, std::uint64_t sample)
    : m_counter(mixed(mixed(mixed(seed + kGolden) + hashOf(purpose)) + sample * kGolden))
{}

float SampleRandom::uniform()
{
    return arrays::unitFloat(mixed(m_counter += kGolden));
}

double SampleRandom::uniform(double from, double to)
{
    return from + (to - from) * uniform();
}

void SampleRandom::fillNormal(std::span<float> out)
{
    constexpr float kTurn = 2 * std::numbers::pi_v<float>;
    for (std::size_t i = 0; i < out.size(); i += 2) {
        // 1 - u lies in (0,1]: its logarithm is finite.
        const float radius = std::sqrt(-2 * std::log(1 - uniform()));
        const float angle = kTurn * uniform();
        out[i] = radius * std::cos(angle);
        if (i + 1 < out.size())
            out[i + 1] = radius * std::sin(angle);
    }
}

} // namespace assay::data
