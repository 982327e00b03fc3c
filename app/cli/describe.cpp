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

std::string typeName(FieldType type)
{
    switch (type) {
    case FieldType::Bool:
        return "yes/no";
    case FieldType::Integer:
        return "whole number";
    case FieldType::Real:
        return "number";
    case FieldType::Text:
        return "text";
    case FieldType::Choice:
        return "choice";
    case FieldType::Model:
        return "model";
    case FieldType::Dataset:
        return "data set";
    case FieldType::Object:
        return "object";
    }
    return {};
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

/// "list of number, 0 to 1, default [0.1]"
std::string values(const Field& field)
{
    const std::string range = allowed(field);
    return (field.list ? "list of " : "") + typeName(field.type) + (range.empty() ? "" : ", " + range) +
           ", default " + field.defaultValue.dump();
}

/// Name, type, range and default on one line, the meaning on the next; then what an object may hold.
std::string parameter(const Field& field)
{
    std::string text = "  " + field.name + ": " + values(field) + (field.live ? ", live" : "") + "\n      " +
                       (field.help.empty() ? field.label : field.help) + "\n";
    for (const protocol::ObjectPart& part : field.parts) {
        text += "      " + part.key + "\n";
        for (const Field& inner : part.fields)
            text += "          " + inner.name + ": " + values(inner) + "\n";
    }
    return text;
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
