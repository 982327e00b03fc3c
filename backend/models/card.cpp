#include "backend/models/card.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/whole_file.h"

#include <fstream>
#include <sstream>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

Task taskFrom(const std::string& text, const std::string& where)
{
    if (text.empty() || text == "classification")
        return Task::Classification;
    if (text == "detection")
        return Task::Detection;
    throw Error("'task' is '" + text + "'; classification or detection was expected", where,
                "Mend the model card.");
}

} // namespace

Json toJson(const ModelCard& card)
{
    return {
        {"name", card.name},
        {"title", card.title},
        {"summary", card.summary},
        {"format", card.format},
        {"file", card.file},
        {"architecture", card.architecture},
        {"options", card.options},
        {"input",
         {{"channels", card.input.channels},
          {"height", card.input.height},
          {"width", card.input.width},
          {"mean", card.input.mean},
          {"stddev", card.input.stddev},
          {"scale", card.input.scale},
          {"bgr", card.input.bgr}}},
        {"classes", card.classes},
        {"task", card.task == Task::Detection ? "detection" : "classification"},
        {"output", card.output},
        {"dataset", card.dataset},
        {"recipe", card.recipe},
        {"test_accuracy", card.testAccuracy ? Json(*card.testAccuracy) : Json()},
        {"parameters", card.parameters},
        {"sha256", card.sha256},
    };
}

ModelCard cardFromJson(const Json& json, const std::string& where)
{
    const protocol::JsonFields reader(json, where, "the model card");
    ModelCard card;
    card.name = reader.text("name");
    card.title = reader.text("title", false);
    card.summary = reader.text("summary", false);
    if (const std::string format = reader.text("format", false); !format.empty())
        card.format = format;
    card.file = reader.text("file", false);
    card.architecture = reader.text("architecture");
    card.options = reader.object("options");
    const Json inputJson = reader.object("input", true);
    const protocol::JsonFields input(inputJson, where, "the model card");
    card.input = {.channels = input.count("channels"),
                  .height = input.count("height"),
                  .width = input.count("width"),
                  .mean = input.reals("mean"),
                  .stddev = input.reals("stddev"),
                  .scale = input.positive("scale", 1.0),
                  .bgr = input.flag("bgr")};
    card.classes = reader.texts("classes");
    card.task = taskFrom(reader.text("task", false), where);
    card.output = reader.object("output");
    card.dataset = reader.text("dataset", false);
    card.recipe = reader.object("recipe");
    card.testAccuracy = reader.fraction("test_accuracy");
    card.parameters = reader.count("parameters", false);
    card.sha256 = reader.text("sha256", false);
    return card;
}

ModelCard readCard(const fs::path& file)
{
    const std::string where = file.string();
    std::error_code code;
    if (!fs::is_regular_file(file, code))
        throw Error("no such file", where);
    if (fs::file_size(file, code) > kMaxCardBytes || code)
        throw Error("is larger than 1 MiB, too large for a model card", where);
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    return cardFromJson(protocol::parseJson(text.str(), where), where);
}

void writeCard(const fs::path& file, const ModelCard& card)
{
    writeWhole(file, toJson(card).dump(2) + "\n");
}

} // namespace assay::models
