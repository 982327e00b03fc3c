#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

/// Numbers as the engine's sentences write them.
namespace assay::engine {

inline std::string sizeText(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    return std::to_string(channels) + " x " + std::to_string(height) + " x " + std::to_string(width);
}

inline std::string percent(double fraction)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", 100 * fraction);
    return text;
}

} // namespace assay::engine
