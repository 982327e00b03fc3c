#include "backend/protocol/schema.h"

#include <algorithm>

namespace assay::protocol {

const Field* Schema::find(std::string_view name) const
{
    const auto it = std::ranges::find(fields, name, &Field::name);
    return it == fields.end() ? nullptr : &*it;
}

Json defaults(const Schema& schema)
{
    Json values = Json::object();
    for (const Field& field : schema.fields)
        values[field.name] = field.defaultValue;
    return values;
}

} // namespace assay::protocol
