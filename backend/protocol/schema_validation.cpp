#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"
#include "backend/protocol/schema.h"

#include <algorithm>
#include <cmath>

namespace assay::protocol {

namespace {

std::string given(const Json& value)
{
    constexpr std::size_t kLongestShown = 60;
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > kLongestShown)
        text = text.substr(0, kLongestShown) + "...";
    return text;
}

std::string rangeText(const Field& field)
{
    if (field.low && field.high)
        return "between " + csvNumber(*field.low) + " and " + csvNumber(*field.high);
    if (field.low)
        return "at least " + csvNumber(*field.low);
    if (field.high)
        return "at most " + csvNumber(*field.high);
    return {};
}

std::string expectation(const Field& field)
{
    const std::string range = rangeText(field);
    switch (field.type) {
    case FieldType::Bool:
        return "true or false";
    case FieldType::Integer:
        return range.empty() ? "a whole number" : "a whole number " + range;
    case FieldType::Real:
        return range.empty() ? "a number" : "a number " + range;
    case FieldType::Text:
        return "a text";
    case FieldType::Choice: {
        std::string text = "one of ";
        for (std::size_t i = 0; i < field.choices.size(); ++i)
            text += (i == 0 ? "" : ", ") + field.choices[i];
        return text;
    }
    case FieldType::Model:
        return "the name or path of a model";
    case FieldType::Dataset:
        return "the name or path of a data set";
    case FieldType::Object:
        return "a JSON object";
    }
    return {};
}

bool inRange(const Field& field, double value)
{
    return std::isfinite(value) && (!field.low || value >= *field.low) &&
           (!field.high || value <= *field.high);
}

bool fits(const Field& field, const Json& value)
{
    switch (field.type) {
    case FieldType::Bool:
        return value.is_boolean();
    case FieldType::Integer: {
        if (!value.is_number())
            return false;
        const double number = value.get<double>();
        return std::trunc(number) == number && std::abs(number) < 9.0e15 && inRange(field, number);
    }
    case FieldType::Real:
        return value.is_number() && inRange(field, value.get<double>());
    case FieldType::Text:
        return value.is_string();
    case FieldType::Choice:
        return value.is_string() && std::ranges::count(field.choices, value.get<std::string>()) > 0;
    case FieldType::Model:
    case FieldType::Dataset:
        return value.is_string() && !value.get<std::string>().empty();
    case FieldType::Object:
        return value.is_object();
    }
    return false;
}

Json normalised(const Field& field, const Json& value);

/// What is not said of a part stays unsaid: a spec names what its author chose.
Json normalisedParts(const Field& field, const Json& value)
{
    Json object = Json::object();
    for (const auto& [key, said] : value.items()) {
        const ObjectPart* part = findPart(field, key);
        if (!part || !said.is_object()) {
            object[key] = said;
            continue;
        }
        for (const auto& [name, item] : said.items()) {
            const Field* inner = findField(*part, name);
            object[key][name] = inner ? normalised(*inner, item) : item;
        }
    }
    return object;
}

/// Brings a value into the one form that specs store; leaves what does not fit for problemOf() to name.
Json normalised(const Field& field, const Json& value)
{
    if (field.type == FieldType::Object && value.is_object())
        return normalisedParts(field, value);
    if (field.list) {
        if (value.is_null())
            return value;
        Field item = field;
        item.list = false;
        Json array = Json::array();
        for (const Json& v : value.is_array() ? value : Json::array({value}))
            array.push_back(normalised(item, v));
        return array;
    }
    if (field.type == FieldType::Integer && value.is_number_float() && fits(field, value))
        return static_cast<std::int64_t>(value.get<double>());
    if (field.type == FieldType::Real && value.is_number_integer())
        return value.get<double>();
    return value;
}

std::string withHint(std::string text, std::string_view name, const std::vector<std::string>& known)
{
    const std::string hint = suggestion(name, known);
    return hint.empty() ? text : text + ". " + hint;
}

std::vector<std::string> names(const std::vector<Field>& fields)
{
    std::vector<std::string> all;
    for (const Field& field : fields)
        all.push_back(field.name);
    return all;
}

std::string problemOf(const Field& field, const Json& value);

/// The first fault of an object's parts, without the field's name; empty when there is none.
std::string problemOfParts(const Field& field, const Json& value)
{
    for (const auto& [key, said] : value.items()) {
        const ObjectPart* part = findPart(field, key);
        if (!part) {
            std::vector<std::string> known;
            for (const ObjectPart& each : field.parts)
                known.push_back(each.key);
            return withHint("knows no '" + key + "'", key, known);
        }
        if (!said.is_object())
            return "has " + given(said) + " for '" + key + "'; it must be a JSON object";
        for (const auto& [name, item] : said.items()) {
            const Field* inner = findField(*part, name);
            if (!inner)
                return withHint("sets '" + name + "' of '" + key + "', which has no such parameter", name,
                                names(part->fields));
            if (const std::string problem = problemOf(*inner, item); !problem.empty())
                return "sets '" + name + "' of '" + key + "', which " + problem;
        }
    }
    return {};
}

/// The sentence without the field's name, or empty when @p value is allowed.
std::string problemOf(const Field& field, const Json& value)
{
    if (value.is_null() && field.optional)
        return {};
    if (!field.list) {
        if (fits(field, value))
            return field.type == FieldType::Object ? problemOfParts(field, value) : std::string();
        return "is " + given(value) + "; it must be " + expectation(field);
    }
    if (!value.is_array())
        return "is " + given(value) + "; it must be a list";
    if (value.size() < field.minItems) {
        return "has " + std::to_string(value.size()) + " values; it needs at least " +
               std::to_string(field.minItems);
    }
    for (const Json& item : value) {
        if (!fits(field, item))
            return "contains " + given(item) + "; each value must be " + expectation(field);
    }
    return {};
}

} // namespace

std::vector<std::pair<std::string, std::string>> problems(const Schema& schema, const Json& params)
{
    std::vector<std::pair<std::string, std::string>> found;
    if (!params.is_object()) {
        found.emplace_back("", "the parameters must be a JSON object, but are " + given(params));
        return found;
    }
    for (const auto& [key, value] : params.items()) {
        if (!schema.find(key)) {
            found.emplace_back(key,
                               withHint("there is no parameter '" + key + "'", key, names(schema.fields)));
        }
    }
    for (const Field& field : schema.fields) {
        const auto it = params.find(field.name);
        const Json value = normalised(field, it == params.end() ? field.defaultValue : *it);
        if (const std::string problem = problemOf(field, value); !problem.empty())
            found.emplace_back(field.name, "'" + field.name + "' " + problem);
    }
    return found;
}

Json validated(const Schema& schema, const Json& params, const std::string& where)
{
    const Json& object = params.is_null() ? Json::object() : params;
    if (const auto found = problems(schema, object); !found.empty()) {
        std::string text = found.front().second;
        if (!text.empty() && text.back() == '?')
            throw Error(text.substr(0, text.find(". ")), where, text.substr(text.find(". ") + 2));
        throw Error(text, where);
    }
    Json values = Json::object();
    for (const Field& field : schema.fields) {
        const auto it = object.find(field.name);
        values[field.name] = normalised(field, it == object.end() ? field.defaultValue : *it);
    }
    return values;
}

} // namespace assay::protocol
