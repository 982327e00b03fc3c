#pragma once

#include "backend/protocol/json.h"

#include <string>
#include <vector>

namespace assay::protocol {

/// Something the workbench found out about a file from outside, for the user to read before using it.
struct Finding
{
    enum class Level { Info, Warning, Problem };
    Level level = Level::Info;
    std::string text; ///< one sentence; of a Warning or Problem also how to mend it
};

using Findings = std::vector<Finding>;

inline Json toJson(const Findings& findings)
{
    constexpr const char* kNames[] = {"info", "warning", "problem"};
    Json list = Json::array();
    for (const Finding& finding : findings)
        list.push_back({{"level", kNames[static_cast<int>(finding.level)]}, {"text", finding.text}});
    return list;
}

} // namespace assay::protocol
