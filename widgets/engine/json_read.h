#pragma once

#include "backend/protocol/json.h"

#include <QString>

namespace assay::widgets {

// Members of JSON that came from the engine. What is absent or of another type reads as empty, so that a
// peer of another version shows less instead of ending the window.

inline QString textOf(const Json& object, const char* key, const QString& otherwise = {})
{
    if (!object.is_object())
        return otherwise;
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? QString::fromStdString(it->get<std::string>()) : otherwise;
}

inline double numberOf(const Json& object, const char* key, double otherwise = 0)
{
    if (!object.is_object())
        return otherwise;
    const auto it = object.find(key);
    return it != object.end() && it->is_number() ? it->get<double>() : otherwise;
}

inline bool flagOf(const Json& object, const char* key, bool otherwise = false)
{
    if (!object.is_object())
        return otherwise;
    const auto it = object.find(key);
    return it != object.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

/// The array under @p key, or an empty one.
inline Json arrayOf(const Json& object, const char* key)
{
    if (!object.is_object())
        return Json::array();
    const auto it = object.find(key);
    return it != object.end() && it->is_array() ? *it : Json::array();
}

} // namespace assay::widgets
