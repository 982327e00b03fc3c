#include "backend/protocol/schema.h"

#include <algorithm>

namespace assay::protocol {

const Field* Schema::find(std::string_view name) const
{
    const auto it = std::ranges::find(fields, name, &Field::name);
    return it == fields.end() ? nullptr : &*it;
}

bool operator==(const ObjectPart& a, const ObjectPart& b)
{
    return a.key == b.key && a.label == b.label && a.fields == b.fields;
}

const ObjectPart* findPart(const Field& field, std::string_view key)
{
    const auto it = std::ranges::find(field.parts, key, &ObjectPart::key);
    return it == field.parts.end() ? nullptr : &*it;
}

const Field* findField(const ObjectPart& part, std::string_view name)
{
    const auto it = std::ranges::find(part.fields, name, &Field::name);
    return it == part.fields.end() ? nullptr : &*it;
}

Json defaults(const Schema& schema)
{
    Json values = Json::object();
    for (const Field& field : schema.fields)
        values[field.name] = field.defaultValue;
    return values;
}

} // namespace assay::protocol
