#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/quiet_listener.h"
#include "backend/engine/catalogue.h"
#include "backend/protocol/csv.h"

#include <cstdio>

namespace assay::cli {

namespace {

using protocol::Field;
using protocol::FieldType;

std::string typeName(const Field& field)
{
    static const std::vector<std::string> names = {"yes/no", "whole number", "number",  "text",
                                                   "choice", "model",        "data set"};
    const std::string name = names.at(static_cast<std::size_t>(field.type));
    return field.list ? "list of " + name : name;
}

std::string allowed(const Field& field)
{
    std::string text;
    if (field.low || field.high) {
        text = (field.low ? protocol::csvNumber(*field.low) : "...") + " to " +
               (field.high ? protocol::csvNumber(*field.high) : "...");
    }
    for (const auto& choice : field.choices)
        text += (text.empty() ? "" : ", ") + choice;
    if (!field.unit.empty())
        text += (text.empty() ? "" : " ") + field.unit;
    return text;
}

/// Name, type, range and default on one line, the meaning on the next.
std::string parameter(const Field& field)
{
    const std::string range = allowed(field);
    return "  " + field.name + ": " + typeName(field) + (range.empty() ? "" : ", " + range) + ", default " +
           field.defaultValue.dump() + (field.live ? ", live" : "") + "\n      " +
           (field.help.empty() ? field.label : field.help) + "\n";
}

void print(const engine::Study& study)
{
    const auto info = study.info();
    std::printf("%s: %s\n%s\n\n%s\n", info.id.c_str(), info.title.c_str(), info.question.c_str(),
                info.summary.c_str());
    if (!info.reference.empty())
        std::printf("\nReference: %s\n", info.reference.c_str());
    std::printf("\nParameters:\n");
    for (const Field& field : study.schema().fields)
        std::fputs(parameter(field).c_str(), stdout);
    if (!info.outputs.empty())
        std::printf("\nOutputs:\n");
    for (const auto& output : info.outputs)
        std::printf("  %s\n", output.c_str());
}

int describe(const Words& words)
{
    const Arguments arguments("describe", words, {{"--json", false}, {"--workspace"}});
    const std::string id = arguments.rest(1, 1, "the id of a study").front();
    QuietListener nobody;
    const engine::Engine engine(arguments.value("--workspace"), nobody);
    const engine::Study& study = engine.registries().study(id);
    if (arguments.has("--json")) {
        Json json = engine::studyJson(study, engine.plugins().pluginOf(id));
        json["json_schema"] = protocol::toJsonSchema(study.schema());
        std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    } else {
        print(study);
    }
    return kDone;
}

} // namespace

const Command kDescribe = {
    "describe", "what a study answers, its parameters and its outputs",
    "usage: assay-cli describe STUDY [--json] [--workspace DIR]\n\n"
    "With --json it prints the study's object of the protocol (docs/protocol.md) and, as\n"
    "json_schema, a JSON Schema (draft 2020-12) of its parameters.\n",
    describe};

} // namespace assay::cli
