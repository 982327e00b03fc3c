#pragma once

#include "backend/attacks/registry.h"
#include "backend/data/formats/data_format.h"
#include "backend/models/formats/model_format.h"
#include "backend/protocol/schema.h"

#include <string>
#include <vector>

namespace assay::engine {

/// What the import dialogue and `assay-cli import --set` offer of a file: the fields, and what was found for
/// each. A field that only the user can know is null until it is given.
struct ImportForm
{
    protocol::Schema schema;
    Json values = Json::object();
};

/// @param found what the format said. @param asks fields without a value.
ImportForm formOf(const models::ModelImport& found);
ImportForm formOf(const data::DataImport& found);
ImportForm formOf(const attacks::AttackInfo& found);

/// The corrections in @p values. A value that repeats what was found for @p base (the file inspected without
/// corrections) is none: a form sends all its values, and what was found for one channel must not be held
/// against an input corrected to three.
/// @throws Error naming the field and what it must be.
models::ModelCorrections modelCorrections(const Json& values, const models::ModelImport& base);
data::DataCorrections dataCorrections(const Json& values, const data::DataImport& base);
/// @p found with the name (as an id) and the title of @p values.
attacks::AttackInfo correctedAttack(const Json& values, attacks::AttackInfo found);

/// What people call a kind of import: "data set" of "data", and with "a" or "an".
std::string nounOf(const std::string& kind);
std::string withArticle(const std::string& kind);
/// The name in a scripted attack's id, "mine" of "script:mine" and of "mine".
std::string scriptName(const std::string& id);

/// A workspace name made of a file's name: lower case letters, digits and '-', not one of @p taken.
std::string suggestedName(const std::filesystem::path& file, const std::vector<std::string>& taken);
/// @throws Error unless @p name is of lower case letters, digits and '-', begins with a letter or digit and
/// has at most 80 characters.
void requireName(const std::string& name);

} // namespace assay::engine
