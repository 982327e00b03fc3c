#include "backend/protocol/error.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/schema.h"

namespace assay::protocol {

namespace {

std::string trimmed(const std::string& text)
{
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool isTextual(FieldType type)
{
    return type == FieldType::Text || type == FieldType::Choice || type == FieldType::Model ||
           type == FieldType::Dataset;
}

Json parseItem(const Field& field, const std::string& text)
{
    if (field.type == FieldType::Object)
        return parseJson(text, "'" + field.name + "'");
    if (isTextual(field.type)) {
        if (text.size() >= 2 && text.front() == '"')
            return parseJson(text, "'" + field.name + "'");
        return text;
    }
    try {
        return parseJson(text, {});
    } catch (const Error&) {
        throw Error("'" + field.name + "' cannot be read from \"" + text + "\"");
    }
}

} // namespace

Json parseValue(const Field& field, const std::string& text)
{
    const std::string value = trimmed(text);
    if (field.optional && (value.empty() || value == "null"))
        return nullptr;
    if (!field.list)
        return parseItem(field, value);
    if (!value.empty() && value.front() == '[')
        return parseJson(value, "'" + field.name + "'");
    Json array = Json::array();
    std::size_t begin = 0;
    while (begin <= value.size() && !value.empty()) {
        const auto comma = std::min(value.find(',', begin), value.size());
        if (const std::string item = trimmed(value.substr(begin, comma - begin)); !item.empty())
            array.push_back(parseItem(field, item));
        begin = comma + 1;
    }
    return array;
}

} // namespace assay::protocol
