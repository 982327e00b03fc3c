#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace assay::test {

/// Makes the kernel forget the peak: it counts from what is resident now (Linux, proc(5), clear_refs 5).
inline void forgetPeakMemory()
{
    std::ofstream("/proc/self/clear_refs") << "5";
}

/// The process's memory in bytes: "VmRSS" now, "VmHWM" at its peak.
inline std::int64_t residentMemory(const std::string& field)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":"))
            return std::stoll(line.substr(field.size() + 1)) * 1024;
    }
    return 0;
}

} // namespace assay::test
