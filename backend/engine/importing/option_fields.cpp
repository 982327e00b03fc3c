#include "backend/engine/importing/option_fields.h"

#include "backend/protocol/params.h"

#include <algorithm>

namespace assay::engine {

using protocol::Field;
using protocol::FieldBuilder;
using protocol::FieldType;

namespace {

bool isPlain(const Json& value)
{
    return value.is_boolean() || value.is_number() || value.is_string() || value.is_null();
}

FieldType typeOf(const Json& value)
{
    if (value.is_boolean())
        return FieldType::Bool;
    if (value.is_number_integer())
        return FieldType::Integer;
    if (value.is_number())
        return FieldType::Real;
    return FieldType::Text;
}

/// The options that formats share, with what they may be.
struct KnownOption
{
    const char* name;
    const char* label;
    const char* help;
    std::vector<std::string> choices = {};
    std::vector<std::string> choiceLabels = {};
    double low = 0; ///< of a number
    double high = 0;
    const char* unit = "";
};

const std::vector<KnownOption>& knownOptions()
{
    static const std::vector<KnownOption> options = {
        {.name = "split",
         .label = "Split",
         .help =
             "Which samples are for testing: as the files say, a fifth of them chosen by a fixed rule, all, "
             "or none.",
         .choices = {"files", "hash", "test", "train"},
         .choiceLabels = {"As the files say", "A fifth for testing", "All for testing", "All for training"}},
        {.name = "fit",
         .label = "Fit",
         .help = "How pictures of other proportions are made to fit.",
         .choices = {"crop", "stretch", "letterbox"},
         .choiceLabels = {"Crop the middle", "Stretch", "Letterbox"}},
        {.name = "orientation",
         .label = "Orientation",
         .help = "Whether the camera's note on which side is up is followed.",
         .choices = {"apply", "ignore"},
         .choiceLabels = {"As the camera says", "As stored"}},
        {.name = "broken",
         .label = "Broken pictures",
         .help = "Refuse the set because of a picture that cannot be read, or leave the picture out.",
         .choices = {"refuse", "leave out"},
         .choiceLabels = {"Refuse the set", "Leave out"}},
        {.name = "label",
         .label = "Label",
         .help = "Which box gives a picture its class.",
         .choices = {"largest", "most", "single", "none"},
         .choiceLabels = {"The largest box", "The most frequent class", "Pictures of one class only",
                          "None"}},
        {.name = "channels",
         .label = "Channels",
         .help = "1 for grey images, 3 for colour.",
         .low = 1,
         .high = 3},
        {.name = "height",
         .label = "Height",
         .help = "Every picture is made this high.",
         .low = 1,
         .high = 4096,
         .unit = "pixels"},
        {.name = "width",
         .label = "Width",
         .help = "Every picture is made this wide.",
         .low = 1,
         .high = 4096,
         .unit = "pixels"},
        {.name = "background",
         .label = "Background",
         .help = "The colour behind transparent pixels and beside letterboxed pictures, as #rrggbb."},
        {.name = "outside",
         .label = "Files outside",
         .help = "Allow paths that lead out of the data set's own folder."},
    };
    return options;
}

void describe(Field& field, const KnownOption& known)
{
    FieldBuilder builder(&field);
    builder.label(known.label).help(known.help).unit(known.unit);
    const bool isNumber = field.type == FieldType::Integer || field.type == FieldType::Real;
    if (known.high > known.low && isNumber)
        builder.range(known.low, known.high);
    // A format may use the name for something of its own; then the value is none of the choices.
    const bool isChoice = field.defaultValue.is_string() &&
                          std::ranges::count(known.choices, field.defaultValue.get<std::string>()) > 0;
    if (isChoice && !field.list)
        builder.choices(known.choices, known.choiceLabels);
}

/// "label_column" -> "Label column".
std::string labelOf(const std::string& name)
{
    std::string label = name;
    std::ranges::replace(label, '_', ' ');
    if (!label.empty() && label[0] >= 'a' && label[0] <= 'z')
        label[0] = static_cast<char>(label[0] - 'a' + 'A');
    return label;
}

} // namespace

bool isOption(const Json& value)
{
    return isPlain(value);
}

Field optionField(const std::string& name, const Json& value, const Json& sample)
{
    Field field;
    field.name = name;
    field.defaultValue = value;
    field.list = sample.is_array();
    field.minItems = 0;
    const Json item = field.list ? (sample.empty() ? Json("") : sample.front()) : sample;
    field.type = typeOf(item);
    field.optional = value.is_null() || sample.is_null();
    FieldBuilder(&field).label(labelOf(name)).group("Reading the files");
    const auto known =
        std::ranges::find(knownOptions(), name, [](const KnownOption& o) { return std::string(o.name); });
    if (known != knownOptions().end())
        describe(field, *known);
    return field;
}

} // namespace assay::engine
