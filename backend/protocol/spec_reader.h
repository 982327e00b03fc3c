#pragma once

#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace assay::protocol {

/// Reads the keys of a small specification, all optional and none unknown: keys that are present into the
/// fields; every message names the key.
class SpecReader
{
public:
    /// @param what "a training recipe", for messages.
    SpecReader(const Json& json, std::string where, std::string what)
        : m_json(json)
        , m_where(std::move(where))
        , m_what(std::move(what))
    {
        if (!json.is_object())
            throw Error(m_what + " must be a JSON object", m_where);
    }

    template <class Number>
    void number(const char* key, Number& field)
    {
        const Json* value = find(key);
        if (!value)
            return;
        const bool fits = std::is_floating_point_v<Number> ? value->is_number()
                          : std::is_unsigned_v<Number>     ? value->is_number_unsigned()
                                                           : value->is_number_integer();
        if (!fits)
            fail(key, *value, std::is_floating_point_v<Number> ? "a number" : "an integer");
        field = value->get<Number>();
    }

    void flag(const char* key, bool& field)
    {
        const Json* value = find(key);
        if (value && !value->is_boolean())
            fail(key, *value, "true or false");
        if (value)
            field = value->get<bool>();
    }

    void numbers(const char* key, std::vector<double>& field)
    {
        const Json* value = find(key);
        if (!value)
            return;
        const bool fits =
            value->is_array() && std::ranges::all_of(*value, [](const Json& one) { return one.is_number(); });
        if (!fits)
            fail(key, *value, "a list of numbers");
        field = value->get<std::vector<double>>();
    }

    void text(const char* key, std::string& field)
    {
        const Json* value = find(key);
        if (value && !value->is_string())
            fail(key, *value, "a text");
        if (value)
            field = value->get<std::string>();
    }

    /// What is there as it is, nullptr when absent: for values that have readers of their own.
    const Json* value(const char* key) { return find(key); }

    /// One of @p words; @p field becomes its number.
    template <class Choice>
    void choice(const char* key, Choice& field, const std::array<const char*, 2>& words)
    {
        const Json* value = find(key);
        if (!value)
            return;
        if (*value != words[0] && *value != words[1])
            fail(key, *value, (Json(words[0]).dump() + " or " + Json(words[1]).dump()).c_str());
        field = static_cast<Choice>(*value == words[0] ? 0 : 1);
    }

    void finish() const
    {
        for (const auto& [key, unused] : m_json.items()) {
            if (!m_known.contains(key))
                throw Error(m_what + " has no field '" + key + "'", m_where);
        }
    }

private:
    const Json* find(const char* key)
    {
        m_known.insert(key);
        const auto it = m_json.find(key);
        return it == m_json.end() ? nullptr : &*it;
    }

    [[noreturn]] void fail(const char* key, const Json& value, const char* expected) const
    {
        throw Error("'" + std::string(key) + "' is " + value.dump() + "; it must be " + expected, m_where);
    }

    const Json& m_json;
    std::string m_where;
    std::string m_what;
    std::set<std::string> m_known;
};

/// @throws Error naming the key and its value unless @p holds.
inline void require(bool holds, const char* key, double value, const char* range, const std::string& where)
{
    if (holds)
        return;
    throw Error("'" + std::string(key) + "' is " + Json(value).dump() + "; it must be " + range, where);
}

} // namespace assay::protocol
