#pragma once

#include "backend/protocol/schema.h"

#include <QString>

#include <map>
#include <vector>

namespace assay::widgets {

/// What a field with `valuesFrom` can be, given the values of the form: those of the other field that would
/// be allowed here, in its order and once each. A default that the other field can never hold, such as "all"
/// of them, comes first. Of an object with `partsFrom`: the parts that they hold.
std::vector<Json> offeredValues(const protocol::Schema& schema, const protocol::Field& field,
                                const Json& values);

/// Moves fields with `valuesFrom` onto what they can be: the nearest number, else the first value. A field
/// whose other field offers nothing, and null, stay.
void followSources(const protocol::Schema& schema, Json& values);

/// Whether @p before and @p after differ in live fields only.
bool differOnlyLive(const protocol::Schema& schema, const Json& before, const Json& after);

/// A sentence per field that has a problem, in the words of the form: with the field's label instead of its
/// name, and "Choose a model." where nothing was chosen yet.
std::map<std::string, QString> formProblems(const protocol::Schema& schema, const Json& values);

} // namespace assay::widgets
