#pragma once

#include "backend/protocol/json.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::protocol {

enum class FieldType { Bool, Integer, Real, Text, Choice, Model, Dataset, Object };

struct Field;

/// One key of a field of type Object, and the values that may stand under it.
struct ObjectPart
{
    std::string key;           ///< "mi-fgsm"
    std::string label;         ///< heading in the form, "MI-FGSM"
    std::vector<Field> fields; ///< no objects among them
};

/// One declared parameter. From it come the form's control, the JSON schema and the validation messages.
struct Field
{
    std::string name; ///< key in the spec, [a-z0-9_]+
    std::string label;
    std::string help; ///< one or two sentences for the tooltip
    std::string unit;
    std::string group; ///< heading in the form
    FieldType type = FieldType::Real;
    bool list = false; ///< a JSON array of such values, at least minItems long
    std::size_t minItems = 1;
    Json defaultValue;
    std::optional<double> low; ///< allowed range of a number, inclusive
    std::optional<double> high;
    std::optional<double> step;            ///< increment of the control
    std::vector<std::string> choices;      ///< allowed values when type is Choice
    std::vector<std::string> choiceLabels; ///< shown instead of the values, or empty
    /// Name of a list field of the same schema: the value is one of the values that list holds at the time.
    /// The form offers exactly those; a live slider snaps to them. Empty: no such tie.
    std::string valuesFrom;
    /// Object only: what may be said of each part, as {"part": {"name": value}}. What is left out keeps the
    /// part's default, so that {} says nothing.
    std::vector<ObjectPart> parts;
    /// Names of fields of the same schema: the form shows those parts that these hold at the time. The rest
    /// stays valid. Empty: all parts.
    std::vector<std::string> partsFrom;
    /// What a Model or Dataset field takes: "detection" (models that find objects), "any" (either kind) or
    /// "boxes" (sets whose images have boxes). Empty: classifiers, and any set. Lists offer only those; the
    /// study refuses others itself.
    std::string wants;
    bool live = false;     ///< a finished run answers a change of it with a preview
    bool optional = false; ///< null is allowed and means "chosen by the study"
    bool advanced = false; ///< folded away in the form
    bool operator==(const Field&) const = default;
};

bool operator==(const ObjectPart& a, const ObjectPart& b);

struct Schema
{
    std::vector<Field> fields;
    const Field* find(std::string_view name) const;
    bool operator==(const Schema&) const = default;
};

/// @returns an object with every field's default.
Json defaults(const Schema& schema);

/// Checks @p params against @p schema and fills in defaults of absent fields.
/// Integers are accepted for reals; a single value is accepted for a list.
/// @throws Error naming the field, its allowed range and what was given; unknown keys are named with the
///         nearest known one. @p where is the file or command the parameters came from.
Json validated(const Schema& schema, const Json& params, const std::string& where = {});

/// Every problem of @p params as (field, sentence), for forms that show them in place. Empty when valid.
std::vector<std::pair<std::string, std::string>> problems(const Schema& schema, const Json& params);

/// The part of an object called @p key, or null; likewise one of its fields.
const ObjectPart* findPart(const Field& field, std::string_view key);
const Field* findField(const ObjectPart& part, std::string_view name);

/// Reads TEXT as a value of @p field: "0.1,0.2" or "[0.1,0.2]" for a list, bare words for texts, JSON for an
/// object.
/// @throws Error when it cannot be read as such a value.
Json parseValue(const Field& field, const std::string& text);

/// The schema as JSON Schema (draft 2020-12) with our extras under "x-assay".
Json toJsonSchema(const Schema& schema);

/// Our own lossless JSON form, used by the protocol.
Json toJson(const Schema& schema);
Schema schemaFromJson(const Json& json);

} // namespace assay::protocol
