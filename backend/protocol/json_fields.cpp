#include "backend/protocol/json_fields.h"

#include "backend/protocol/error.h"

#include <cmath>

namespace assay::protocol {

JsonFields::JsonFields(const Json& json, std::string where, std::string what)
    : m_json(json)
    , m_where(std::move(where))
    , m_what(std::move(what))
{
    if (!json.is_object())
        throw Error(m_what + " must be a JSON object", m_where);
}

std::string JsonFields::text(const char* key, bool required) const
{
    const Json* value = find(key, required);
    if (!value)
        return {};
    if (!value->is_string())
        fail(key, "must be a text");
    return value->get<std::string>();
}

std::int64_t JsonFields::count(const char* key, bool required) const
{
    const Json* value = find(key, required);
    if (!value)
        return 0;
    if (!value->is_number_integer() || value->get<std::int64_t>() < 0)
        fail(key, "must be an integer of at least 0");
    return value->get<std::int64_t>();
}

double JsonFields::positive(const char* key, double fallback) const
{
    const Json* value = find(key, false);
    if (!value)
        return fallback;
    if (!value->is_number() || !std::isfinite(value->get<double>()) || value->get<double>() <= 0)
        fail(key, "must be a number greater than 0");
    return value->get<double>();
}

std::optional<double> JsonFields::fraction(const char* key) const
{
    const Json* value = find(key, false);
    if (!value || value->is_null())
        return {};
    if (!value->is_number() || !(value->get<double>() >= 0 && value->get<double>() <= 1))
        fail(key, "must be a fraction from 0 to 1");
    return value->get<double>();
}

bool JsonFields::flag(const char* key, bool fallback) const
{
    const Json* value = find(key, false);
    if (!value)
        return fallback;
    if (!value->is_boolean())
        fail(key, "must be true or false");
    return value->get<bool>();
}

std::vector<double> JsonFields::reals(const char* key) const
{
    std::vector<double> result;
    for (const Json& item : *list(key, true)) {
        if (!item.is_number() || !std::isfinite(item.get<double>()))
            fail(key, "must be a list of numbers");
        result.push_back(item.get<double>());
    }
    return result;
}

std::vector<std::string> JsonFields::texts(const char* key, bool required) const
{
    std::vector<std::string> result;
    const Json* items = list(key, required);
    if (!items)
        return result;
    for (const Json& item : *items) {
        if (!item.is_string())
            fail(key, "must be a list of texts");
        result.push_back(item.get<std::string>());
    }
    return result;
}

Json JsonFields::object(const char* key, bool required) const
{
    const Json* value = find(key, required);
    if (!value)
        return Json::object();
    if (!value->is_object())
        fail(key, "must be a JSON object");
    return *value;
}

const Json* JsonFields::find(const char* key, bool required) const
{
    const auto it = m_json.find(key);
    if (it != m_json.end())
        return &*it;
    if (required)
        fail(key, "is missing");
    return nullptr;
}

const Json* JsonFields::list(const char* key, bool required) const
{
    const Json* value = find(key, required);
    if (value && !value->is_array())
        fail(key, "must be a list");
    return value;
}

void JsonFields::fail(const char* key, const char* what) const
{
    throw Error("field '" + std::string(key) + "' " + what, m_where, "Correct " + m_what + ".");
}

} // namespace assay::protocol
