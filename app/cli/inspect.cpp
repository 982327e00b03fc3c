#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/quiet_listener.h"
#include "app/cli/text_table.h"
#include "backend/engine/browsing/data_table.h"
#include "backend/engine/engine.h"
#include "backend/engine/importing/foreign_files.h"
#include "backend/engine/importing/model_inspection.h"

#include <torch/types.h>

#include <algorithm>
#include <cstdio>

namespace assay::cli {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string text(const Json& value)
{
    if (value.is_null())
        return "";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string number(const Json& value)
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.4g", value.get<double>());
    return buffer;
}

std::string shape(const Json& sizes)
{
    std::string joined;
    for (const Json& size : sizes)
        joined += (joined.empty() ? "" : " x ") + size.dump();
    return joined;
}

void printJson(const Json& json)
{
    std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

void printModel(const Json& report)
{
    const Json& entry = report.at("model");
    std::printf("%s: %s\n%s, %s, output %s\n", text(entry["name"]).c_str(), text(entry["title"]).c_str(),
                text(entry["format"]).c_str(), text(entry["architecture"]).c_str(),
                shape(report["output"]).c_str());
    std::printf("%s weights", report["parameterCount"].dump().c_str());
    if (report["macs"].is_number())
        std::printf(", %s multiply-adds per image", report["macs"].dump().c_str());
    if (report.contains("imagesPerSecond"))
        std::printf(", %.0f images per second", report["imagesPerSecond"].get<double>());
    std::printf("\n");
    for (const Json& finding : report["findings"])
        std::printf("%s%s\n", finding["level"] == "info" ? "" : "warning: ", text(finding["text"]).c_str());
    Rows rows = {{"LAYER", "KIND", "WEIGHTS", "MULTIPLY-ADDS", "OUTPUT"}};
    for (const Json& layer : report["tree"])
        rows.push_back({text(layer["path"]), text(layer["kind"]), layer["parameters"].dump(),
                        text(layer["macs"]), shape(layer["output"])});
    std::printf("\n%s", textTable(rows).c_str());
    rows = {{"PARAMETER", "SHAPE", "MEAN", "STD", "MIN", "MAX"}};
    for (const Json& parameter : report["parameters"])
        rows.push_back({text(parameter["name"]), shape(parameter["shape"]), number(parameter["mean"]),
                        number(parameter["std"]), number(parameter["min"]), number(parameter["max"])});
    std::printf("\n%s", textTable(rows).c_str());
}

/// Counts of each class in a split.
Json balance(const data::Dataset& dataset, data::Split split)
{
    const auto classes = static_cast<std::int64_t>(dataset.info().classes.size());
    const at::Tensor counts = at::bincount(dataset.labels(split).clamp_min(0), {}, classes);
    Json list = Json::array();
    for (std::int64_t i = 0; i < classes; ++i)
        list.push_back(counts[i].item<std::int64_t>());
    return list;
}

Json dataJson(const std::string& name, const data::Dataset& dataset)
{
    const data::DatasetInfo& info = dataset.info();
    Json json = {{"name", name},
                 {"title", info.title},
                 {"format", info.format},
                 {"source", info.source},
                 {"licence", info.licence},
                 {"note", info.note},
                 {"classes", info.classes},
                 {"channels", info.channels},
                 {"height", info.height},
                 {"width", info.width},
                 {"sha256", dataset.hash()}};
    for (const auto split : {data::Split::Train, data::Split::Test}) {
        Json columns = engine::dataTable(dataset, split).head["columns"];
        json[split == data::Split::Train ? "train" : "test"] = {{"count", dataset.size(split)},
                                                                {"balance", balance(dataset, split)},
                                                                {"columns", std::move(columns)}};
    }
    return json;
}

void printData(const Json& json)
{
    std::printf("%s: %s\n%s, %s x %s x %s, licence %s\n", text(json["name"]).c_str(),
                text(json["title"]).c_str(), text(json["format"]).c_str(), json["channels"].dump().c_str(),
                json["height"].dump().c_str(), json["width"].dump().c_str(), text(json["licence"]).c_str());
    if (const std::string note = text(json["note"]); !note.empty())
        std::printf("%s\n", note.c_str());
    Rows rows = {{"CLASS", "TRAIN", "TEST"}};
    for (std::size_t i = 0; i < json["classes"].size(); ++i)
        rows.push_back({text(json["classes"][i]), json["train"]["balance"][i].dump(),
                        json["test"]["balance"][i].dump()});
    rows.push_back({"all", json["train"]["count"].dump(), json["test"]["count"].dump()});
    std::printf("\n%s", textTable(rows).c_str());
    rows = {{"COLUMN", "TYPE", "VALUES"}};
    for (const Json& column : json["train"]["columns"])
        rows.push_back({text(column["name"]), text(column["type"]), text(column["values"])});
    std::printf("\n%s", textTable(rows).c_str());
}

/// Whether the word is a data set's name or place; a model's name wins.
bool isData(engine::Engine& engine, const std::string& word)
{
    const auto models = engine.inputs().models().list();
    if (std::ranges::find(models, word, &models::ModelCard::name) != models.end())
        return false;
    const auto sets = engine.inputs().allDatasets();
    if (std::ranges::find(sets, word, &data::DatasetInfo::name) != sets.end())
        return true;
    std::error_code code;
    if (std::filesystem::is_directory(word, code))
        return true;
    return std::filesystem::exists(word, code) && engine::recognise(word).data;
}

int inspect(const Words& words)
{
    const Arguments arguments("inspect", words, {{"--json", false}, {"--measure", false}, {"--workspace"}});
    const std::string word = arguments.rest(1, 1, "a model or a data set").front();
    QuietListener nobody;
    engine::Engine engine(arguments.value("--workspace"), nobody);
    const bool data = isData(engine, word);
    const Json report = data ? dataJson(word, *engine.inputs().dataset(word))
                             : engine::modelInspection(engine, word, arguments.has("--measure"));
    if (arguments.has("--json"))
        printJson(report);
    else if (data)
        printData(report);
    else
        printModel(report);
    return kDone;
}

} // namespace

const Command kInspect = {
    "inspect", "layers, weights and cost of a model; classes and columns of a data set",
    "usage: assay-cli inspect MODEL|DATASET [--json] [--measure] [--workspace DIR]\n\n"
    "A model: its architecture with the shape and multiply-adds of each layer, every parameter, and what\n"
    "it makes of a pixel; with --measure also how many images a second it classifies here. A data set:\n"
    "its classes, how many images each has, and what else is known of them. Both may be named by the\n"
    "path of a file that is not imported. --json prints the object of model.inspect (docs/protocol.md).\n",
    inspect};

} // namespace assay::cli
