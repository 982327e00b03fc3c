#include "backend/protocol/error.h"
#include "backend/protocol/schema.h"

#include <array>
#include <utility>

namespace assay::protocol {

namespace {

constexpr std::array<std::pair<FieldType, const char*>, 8> kTypes = {{
    {FieldType::Bool, "bool"},
    {FieldType::Integer, "integer"},
    {FieldType::Real, "real"},
    {FieldType::Text, "text"},
    {FieldType::Choice, "choice"},
    {FieldType::Model, "model"},
    {FieldType::Dataset, "dataset"},
    {FieldType::Object, "object"},
}};

const char* typeName(FieldType type)
{
    return kTypes[static_cast<std::size_t>(type)].second;
}

FieldType typeFromName(const std::string& name)
{
    for (const auto& [type, text] : kTypes) {
        if (name == text)
            return type;
    }
    throw Error("a field has the unknown type '" + name + "'", "schema");
}

void putText(Json& json, const char* key, const std::string& value)
{
    if (!value.empty())
        json[key] = value;
}

Json toJson(const Field& field);

Json toJson(const std::vector<ObjectPart>& parts)
{
    Json array = Json::array();
    for (const ObjectPart& part : parts) {
        Json fields = Json::array();
        for (const Field& field : part.fields)
            fields.push_back(toJson(field));
        array.push_back(Json{{"key", part.key}, {"label", part.label}, {"fields", fields}});
    }
    return array;
}

Json toJson(const Field& field)
{
    Json json;
    json["name"] = field.name;
    json["label"] = field.label;
    json["type"] = typeName(field.type);
    putText(json, "help", field.help);
    putText(json, "unit", field.unit);
    putText(json, "group", field.group);
    putText(json, "valuesFrom", field.valuesFrom);
    putText(json, "wants", field.wants);
    if (field.list) {
        json["list"] = true;
        json["minItems"] = field.minItems;
    }
    if (field.low)
        json["low"] = *field.low;
    if (field.high)
        json["high"] = *field.high;
    if (field.step)
        json["step"] = *field.step;
    if (!field.choices.empty())
        json["choices"] = field.choices;
    if (!field.choiceLabels.empty())
        json["choiceLabels"] = field.choiceLabels;
    if (!field.parts.empty())
        json["parts"] = toJson(field.parts);
    if (!field.partsFrom.empty())
        json["partsFrom"] = field.partsFrom;
    if (field.live)
        json["live"] = true;
    if (field.optional)
        json["optional"] = true;
    if (field.advanced)
        json["advanced"] = true;
    json["default"] = field.defaultValue;
    return json;
}

template <class T>
void read(const Json& json, const char* key, T& value)
{
    if (const auto it = json.find(key); it != json.end())
        value = it->template get<T>();
}

void read(const Json& json, const char* key, std::optional<double>& value)
{
    if (const auto it = json.find(key); it != json.end())
        value = it->get<double>();
}

Field fieldFromJson(const Json& json);

std::vector<ObjectPart> partsFromJson(const Json& json)
{
    std::vector<ObjectPart> parts;
    for (const Json& each : json) {
        ObjectPart& part = parts.emplace_back();
        read(each, "key", part.key);
        read(each, "label", part.label);
        for (const Json& field : each.at("fields"))
            part.fields.push_back(fieldFromJson(field));
    }
    return parts;
}

Field fieldFromJson(const Json& json)
{
    Field field;
    read(json, "name", field.name);
    read(json, "label", field.label);
    read(json, "help", field.help);
    read(json, "unit", field.unit);
    read(json, "group", field.group);
    read(json, "valuesFrom", field.valuesFrom);
    read(json, "wants", field.wants);
    field.type = typeFromName(json.value("type", "real"));
    read(json, "list", field.list);
    read(json, "minItems", field.minItems);
    read(json, "low", field.low);
    read(json, "high", field.high);
    read(json, "step", field.step);
    read(json, "choices", field.choices);
    read(json, "choiceLabels", field.choiceLabels);
    if (const auto it = json.find("parts"); it != json.end())
        field.parts = partsFromJson(*it);
    read(json, "partsFrom", field.partsFrom);
    read(json, "live", field.live);
    read(json, "optional", field.optional);
    read(json, "advanced", field.advanced);
    if (const auto it = json.find("default"); it != json.end())
        field.defaultValue = *it;
    return field;
}

Json propertySchema(const Field& field);

Json objectSchema(const Field& field)
{
    Json properties = Json::object();
    for (const ObjectPart& part : field.parts) {
        Json members = Json::object();
        for (const Field& each : part.fields)
            members[each.name] = propertySchema(each);
        properties[part.key] = Json{{"type", "object"},
                                    {"title", part.label},
                                    {"additionalProperties", false},
                                    {"properties", members}};
    }
    return Json{{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
}

Json itemSchema(const Field& field)
{
    Json json;
    switch (field.type) {
    case FieldType::Bool:
        json["type"] = "boolean";
        break;
    case FieldType::Integer:
        json["type"] = "integer";
        break;
    case FieldType::Real:
        json["type"] = "number";
        break;
    case FieldType::Choice:
        json["type"] = "string";
        json["enum"] = field.choices;
        break;
    case FieldType::Text:
    case FieldType::Model:
    case FieldType::Dataset:
        json["type"] = "string";
        break;
    case FieldType::Object:
        json = objectSchema(field);
        break;
    }
    if (field.low)
        json["minimum"] = *field.low;
    if (field.high)
        json["maximum"] = *field.high;
    return json;
}

Json propertySchema(const Field& field)
{
    Json json = itemSchema(field);
    if (field.list)
        json = Json{{"type", "array"}, {"minItems", field.minItems}, {"items", json}};
    if (field.optional)
        json = Json{{"anyOf", Json::array({json, Json{{"type", "null"}}})}};
    json["title"] = field.label;
    if (!field.help.empty())
        json["description"] = field.help;
    json["default"] = field.defaultValue;
    return json;
}

} // namespace

Json toJsonSchema(const Schema& schema)
{
    Json properties = Json::object();
    for (const Field& field : schema.fields) {
        Json json = propertySchema(field);
        json["x-assay"] = toJson(field);
        properties[field.name] = json;
    }
    return Json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"type", "object"},
                {"additionalProperties", false},
                {"properties", properties}};
}

Json toJson(const Schema& schema)
{
    Json fields = Json::array();
    for (const Field& field : schema.fields)
        fields.push_back(toJson(field));
    return Json{{"fields", fields}};
}

Schema schemaFromJson(const Json& json)
{
    Schema schema;
    try {
        for (const Json& field : json.at("fields"))
            schema.fields.push_back(fieldFromJson(field));
    } catch (const Json::exception& e) {
        throw Error(std::string("a parameter schema is malformed: ") + e.what(), "schema");
    }
    return schema;
}

} // namespace assay::protocol
