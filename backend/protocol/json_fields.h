#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::protocol {

/// Reads the fields of a JSON object that came from outside (cards, manifests), one after another. Every
/// function throws Error naming the file, the field and what it must be.
class JsonFields
{
public:
    /// @param json kept by reference. @param where the file. @param what "the model card", for messages.
    /// @throws Error when @p json is no object.
    JsonFields(const Json& json, std::string where, std::string what);

    std::string text(const char* key, bool required = true) const;   ///< "" when absent
    std::int64_t count(const char* key, bool required = true) const; ///< at least 0; 0 when absent
    double positive(const char* key, double fallback) const;         ///< finite and above 0
    std::optional<double> fraction(const char* key) const;           ///< 0 .. 1; nullopt: absent or null
    bool flag(const char* key, bool fallback = false) const;
    std::vector<double> reals(const char* key) const; ///< finite
    std::vector<std::string> texts(const char* key, bool required = true) const;
    Json object(const char* key, bool required = false) const; ///< {} when absent

private:
    const Json* find(const char* key, bool required) const;
    const Json* list(const char* key, bool required) const;
    [[noreturn]] void fail(const char* key, const char* what) const;

    const Json& m_json;
    std::string m_where;
    std::string m_what;
};

} // namespace assay::protocol
