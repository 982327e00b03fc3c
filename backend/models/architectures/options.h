#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace assay::models {

/// Reads the options of an architecture strictly: every key must be known and in range.
class OptionReader
{
public:
    /// @throws Error when @p options is no object.
    OptionReader(std::string architecture, const Json& options);

    /// @throws Error when the value is no integer in low .. high.
    std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t low, std::int64_t high);
    /// Between minItems and maxItems integers. @throws Error likewise.
    std::vector<std::int64_t> integers(const std::string& key, std::vector<std::int64_t> fallback,
                                       std::int64_t low, std::int64_t high, std::size_t minItems,
                                       std::size_t maxItems);
    /// To be called last. @throws Error naming a key that was not asked for.
    void finish() const;

private:
    std::int64_t value(const std::string& key, const Json& json, std::int64_t low, std::int64_t high) const;

    std::string m_architecture;
    const Json& m_options;
    std::set<std::string> m_known;
};

} // namespace assay::models
