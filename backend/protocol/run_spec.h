#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <string>

namespace assay::protocol {

/// What a run is, entirely: the same file gives the same numbers from the window, the command line and a
/// cluster.
struct RunSpec
{
    std::string study; ///< "transfer.class-aware"
    Json params = Json::object();
    std::uint64_t seed = 0;
    std::string device = "auto"; ///< "auto", "cpu", "cuda", "cuda:N"
    std::string title;           ///< the user's name for the run; may be empty
    bool operator==(const RunSpec&) const = default;
};

inline constexpr int kSpecVersion = 1;

Json toJson(const RunSpec& spec);

/// @throws Error naming @p where when the JSON is no spec, lacks a study, or is of a newer version.
RunSpec specFromJson(const Json& json, const std::string& where = {});

/// Parses text as JSON; refuses more than 16 MiB. @throws Error naming @p where, line and column.
Json parseJson(std::string_view text, const std::string& where);

} // namespace assay::protocol
