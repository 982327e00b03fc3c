#include "backend/engine/importing/layout_fields.h"

#include "backend/protocol/params.h"

#include <algorithm>

namespace assay::engine {

using protocol::Field;
using protocol::FieldBuilder;
using protocol::FieldType;

namespace {

constexpr const char* kGroup = "Answer";
constexpr double kMostStride = 4096;

struct KnownField
{
    const char* name;
    FieldType type;
    const char* label;
    const char* help;
    std::vector<std::string> layouts;
};

const std::vector<KnownField>& knownFields()
{
    static const std::vector<std::string> kRows = {"yolov5", "yolov8", "boxes"};
    static const std::vector<std::string> kAll = {"grid", "yolov5", "yolov8", "boxes", "centernet"};
    static const std::vector<KnownField> fields = {
        {"output", FieldType::Text, "Output", "The output with the boxes, where there are several.", kAll},
        {"boxes", FieldType::Text, "Output of boxes", "Where boxes and scores are two outputs.", {"boxes"}},
        {"scores", FieldType::Text, "Output of scores", "Where boxes and scores are two outputs.", {"boxes"}},
        {"heat", FieldType::Text, "Heat map", "The output that says where centres are.", {"centernet"}},
        {"size", FieldType::Text, "Sizes", "The output with the sizes of boxes.", {"centernet"}},
        {"offset", FieldType::Text, "Offsets", "The output that moves centres, if any.", {"centernet"}},
        {"stride", FieldType::Integer, "Stride", "Pixels from cell to cell.", {"grid", "centernet"}},
        {"unit", FieldType::Real, "Unit", "Pixels that a size of 1 stands for.", {"grid", "centernet"}},
        {"distances",
         FieldType::Bool,
         "Four distances",
         "Sizes are distances to the left, top, right and bottom side, not width and height.",
         {"centernet"}},
        {"fractions", FieldType::Bool, "Fractions",
         "Coordinates are fractions of the image's width and height, not pixels.", kRows},
        {"logits",
         FieldType::Bool,
         "Without sigmoid",
         "Scores are numbers of any size, not 0 to 1.",
         {"yolov5", "yolov8", "boxes", "centernet"}}};
    return fields;
}

Field fieldOf(const KnownField& known, const Json& output)
{
    Field field;
    field.name = known.name;
    field.type = known.type;
    const auto it = output.find(known.name);
    if (it != output.end())
        field.defaultValue = *it;
    else if (known.type == FieldType::Bool)
        field.defaultValue = false;
    field.optional = known.type != FieldType::Bool;
    FieldBuilder builder(&field);
    builder.label(known.label).help(known.help).group(kGroup);
    if (known.type == FieldType::Integer)
        builder.range(1, kMostStride).unit("pixels");
    if (known.type == FieldType::Real)
        builder.range(1e-6, 1e6).unit("pixels");
    return field;
}

} // namespace

std::vector<Field> layoutFields(const Json& output)
{
    std::vector<Field> fields;
    for (const KnownField& known : knownFields()) {
        if (std::ranges::count(known.layouts, output.at("layout").get<std::string>()) > 0)
            fields.push_back(fieldOf(known, output));
    }
    return fields;
}

std::vector<Field> allLayoutFields()
{
    std::vector<Field> fields;
    for (const KnownField& known : knownFields())
        fields.push_back(fieldOf(known, Json::object()));
    return fields;
}

std::optional<Json> layoutCorrections(const Json& given, const Json& found)
{
    const auto layout = given.find("layout");
    const bool isOther = layout != given.end() && found.contains("layout") && *layout != found["layout"];
    Json output = Json::object();
    if (isOther)
        output["layout"] = *layout;
    for (const KnownField& known : knownFields()) {
        const auto it = given.find(known.name);
        const bool isFound =
            !isOther && it != given.end() && found.contains(known.name) && found[known.name] == *it;
        if (it != given.end() && !isFound)
            output[known.name] = *it;
    }
    return output.empty() ? std::nullopt : std::optional(output);
}

} // namespace assay::engine
