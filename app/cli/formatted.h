#pragma once

#include <cstdio>
#include <string>

namespace assay::cli {

/// @p value as printf's @p format has it, in at most 63 characters.
inline std::string formatted(const char* format, double value)
{
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

} // namespace assay::cli
