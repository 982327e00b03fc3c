#include "backend/models/architectures/options.h"

#include "backend/protocol/error.h"

namespace assay::models {

OptionReader::OptionReader(std::string architecture, const Json& options)
    : m_architecture(std::move(architecture))
    , m_options(options)
{
    if (!options.is_object() && !options.is_null())
        throw Error("options must be a JSON object", m_architecture);
}

std::int64_t OptionReader::value(const std::string& key, const Json& json, std::int64_t low,
                                 std::int64_t high) const
{
    if (!json.is_number_integer() || json.get<std::int64_t>() < low || json.get<std::int64_t>() > high)
        throw Error("option '" + key + "' is " + json.dump() + "; it must be an integer from " +
                        std::to_string(low) + " to " + std::to_string(high),
                    m_architecture);
    return json.get<std::int64_t>();
}

std::int64_t OptionReader::integer(const std::string& key, std::int64_t fallback, std::int64_t low,
                                   std::int64_t high)
{
    m_known.insert(key);
    const auto it = m_options.find(key);
    return it == m_options.end() ? fallback : value(key, *it, low, high);
}

std::vector<std::int64_t> OptionReader::integers(const std::string& key, std::vector<std::int64_t> fallback,
                                                 std::int64_t low, std::int64_t high, std::size_t minItems,
                                                 std::size_t maxItems)
{
    m_known.insert(key);
    const auto it = m_options.find(key);
    if (it == m_options.end())
        return fallback;
    if (!it->is_array() || it->size() < minItems || it->size() > maxItems)
        throw Error("option '" + key + "' must be a list of " + std::to_string(minItems) +
                        (minItems == maxItems ? "" : " to " + std::to_string(maxItems)) + " integers",
                    m_architecture);
    std::vector<std::int64_t> result;
    for (const Json& item : *it)
        result.push_back(value(key, item, low, high));
    return result;
}

void OptionReader::finish() const
{
    if (m_options.is_null())
        return;
    for (const auto& [key, unused] : m_options.items()) {
        if (m_known.contains(key))
            continue;
        std::string names;
        for (const std::string& name : m_known)
            names += (names.empty() ? "" : ", ") + name;
        throw Error("has no option '" + key + "'", m_architecture,
                    names.empty() ? "It takes none." : "Known options: " + names + ".");
    }
}

} // namespace assay::models
