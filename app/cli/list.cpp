#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/formatted.h"
#include "app/cli/quiet_listener.h"
#include "app/cli/text_table.h"
#include "backend/engine/catalogue.h"
#include "backend/engine/plugin_check.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace assay::cli {

namespace {

using Rows = std::vector<std::vector<std::string>>;

const std::vector<std::string> kKinds = {"studies", "models",  "datasets", "attacks",
                                         "plugins", "patches", "runs"};

std::string text(const Json& object, const char* key)
{
    const Json& value = object.at(key);
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string startedText(const Json& run)
{
    const auto seconds = static_cast<std::time_t>(run.at("started").get<double>());
    std::tm local{};
    localtime_r(&seconds, &local);
    char buffer[32];
    std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M", &local);
    return buffer;
}

Json ask(const engine::Engine& engine, const std::string& kind)
{
    if (kind == "studies")
        return engine::studiesJson(engine);
    if (kind == "models")
        return engine::modelsJson(engine);
    if (kind == "datasets")
        return engine::datasetsJson(engine);
    if (kind == "attacks")
        return engine::attacksJson(engine);
    if (kind == "plugins")
        return engine::pluginsJson(engine);
    if (kind == "patches")
        return engine::patchesJson(engine);
    return engine.runs();
}

Rows heading(const std::string& kind)
{
    if (kind == "studies")
        return {{"STUDY", "TITLE", "QUESTION"}};
    if (kind == "models")
        return {{"MODEL", "ARCHITECTURE", "TASK", "DATA SET", "ACCURACY", "PARAMETERS", "FORMAT", "SOURCE",
                 "TITLE", "WARNING"}};
    if (kind == "datasets")
        return {{"DATA SET", "TRAIN", "TEST", "IMAGES", "CLASSES", "FORMAT", "STATE"}};
    if (kind == "attacks")
        return {{"ATTACK", "NORMS", "NEEDS", "TITLE", "REFERENCE"}};
    if (kind == "plugins")
        return {{"PLUGIN", "VERSION", "LICENCE", "STATE"}};
    if (kind == "patches")
        return {{"PATCH", "PIXELS", "STUDY", "RUN", "STATE"}};
    return {{"RUN", "STATE", "STARTED", "SECONDS", "TITLE"}};
}

std::string accuracy(const Json& model)
{
    const Json& value = model.at("accuracy");
    if (!value.is_number())
        return "not measured";
    const bool detects = model.at("task") == "detection"; // its average precision at an IoU of 0.5
    return (detects ? "AP " : "") + formatted("%.2f %%", 100 * value.get<double>());
}

std::string words(const Json& list)
{
    std::string joined;
    for (const Json& word : list)
        joined += (joined.empty() ? "" : ", ") + word.get<std::string>();
    return joined;
}

/// Of a data set: whether it can be used, and what is wrong with it.
std::string state(const Json& item)
{
    if (!item.at("available").get<bool>())
        return text(item, "problem");
    const std::string warning = text(item, "warning");
    if (!warning.empty())
        return warning;
    return item.at("own").get<bool>() ? "imported" : "installed";
}

/// What a kept patch's card says of where it comes from; anybody may have written it.
std::string originText(const Json& patch, const char* key)
{
    const Json& origin = patch.at("origin");
    return origin.is_object() && origin.contains(key) ? text(origin, key) : "-";
}

std::vector<std::string> row(const std::string& kind, const Json& item)
{
    if (kind == "studies")
        return {text(item, "id"), text(item, "title"), text(item, "question")};
    if (kind == "models")
        return {text(item, "name"),  text(item, "architecture"), text(item, "task"),   text(item, "dataset"),
                accuracy(item),      text(item, "parameters"),   text(item, "format"), text(item, "source"),
                text(item, "title"), text(item, "warning")};
    if (kind == "datasets")
        return {text(item, "name"),
                text(item, "train"),
                text(item, "test"),
                text(item, "channels") + " x " + text(item, "height") + " x " + text(item, "width"),
                std::to_string(item.at("classes").size()),
                text(item, "format"),
                state(item)};
    if (kind == "attacks")
        return {text(item, "name"), words(item.at("norms")), text(item, "needs"), text(item, "title"),
                text(item, "reference")};
    if (kind == "plugins")
        return {text(item, "id").empty() ? text(item, "file") : text(item, "id"), text(item, "version"),
                text(item, "licence"), item.at("loaded").get<bool>() ? "loaded" : text(item, "problem")};
    if (kind == "patches")
        return {text(item, "name"),
                text(item, "channels") + " x " + text(item, "height") + " x " + text(item, "width"),
                originText(item, "study"), originText(item, "run"),
                text(item, "problem").empty() ? "kept" : text(item, "problem")};
    return {text(item, "run"), text(item, "state"), startedText(item),
            formatted("%.1f", item.at("seconds").get<double>()), text(item, "title")};
}

/// What the window's plugin manager shows after "Check again": whether each plugin loads, tried in a process
/// of its own. @returns kFailed when one crashes or does not load though it may.
int checkPlugins(bool json)
{
    const auto records = engine::checkPlugins(engine::Installation::find().programs / "assay-cli");
    Json items = Json::array();
    Rows rows = heading("plugins");
    bool sound = true;
    for (const auto& record : records) {
        items.push_back(toJson(record));
        rows.push_back(row("plugins", items.back()));
        sound = sound && record.state != engine::PluginState::Failed &&
                record.state != engine::PluginState::Quarantined;
    }
    if (json)
        std::printf("%s\n",
                    Json({{"plugins", items}}).dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    else
        std::fputs(textTable(rows).c_str(), stdout);
    return sound ? kDone : kFailed;
}

void print(const engine::Engine& engine, const std::string& kind)
{
    Rows rows = heading(kind);
    for (const Json& item : ask(engine, kind)) {
        if (kind != "attacks" || item.at("available").get<bool>()) // else said on standard error
            rows.push_back(row(kind, item));
    }
    if (rows.size() == 1)
        std::printf("There are no %s.\n", kind.c_str());
    else
        std::fputs(textTable(rows).c_str(), stdout);
    if (kind == "models") {
        for (const auto& problem : engine.inputs().models().problems())
            std::fprintf(stderr, "assay-cli: %s\n", problem.c_str());
    }
    if (kind == "attacks") {
        for (const auto& record : engine.scriptedAttacks()) {
            if (!record.problem.empty())
                std::fprintf(stderr, "assay-cli: %s\n", record.problem.c_str());
            if (!record.warning.empty())
                std::fprintf(stderr, "assay-cli: %s: %s\n", record.file.c_str(), record.warning.c_str());
        }
    }
}

int list(const Words& words)
{
    const Arguments arguments("list", words, {{"--json", false}, {"--check", false}, {"--workspace"}});
    const auto& rest = arguments.rest(0, 1, "at most one kind");
    const std::string kind = rest.empty() ? "" : rest[0];
    if (!kind.empty() && std::ranges::find(kKinds, kind) == kKinds.end())
        throw Error("'" + kind + "' cannot be listed", {}, protocol::suggestion(kind, kKinds));

    if (arguments.has("--check")) {
        if (kind != "plugins")
            throw Error("only plugins can be checked", "--check", "Write 'assay-cli list plugins --check'");
        return checkPlugins(arguments.has("--json"));
    }
    QuietListener nobody;
    const engine::Engine engine(arguments.value("--workspace"), nobody);
    if (arguments.has("--json")) {
        const Json json = kind.empty() ? engine::catalogue(engine) : Json({{kind, ask(engine, kind)}});
        std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    } else {
        print(engine, kind.empty() ? "studies" : kind);
    }
    return kDone;
}

} // namespace

const Command kList = {
    "list", "studies, models, data sets, attacks, plugins, patches or runs",
    "usage: assay-cli list [studies|models|datasets|attacks|plugins|patches|runs] [--json]\n"
    "                      [--workspace DIR]\n"
    "       assay-cli list plugins --check [--json]\n\n"
    "Lists what there is; studies when no kind is named. With --json it prints the object of the\n"
    "protocol (docs/protocol.md) that has this list, and without a kind the whole catalogue.\n"
    "With --check every plugin that may run is first tried in a process of its own, and one that\n"
    "crashes is set aside; exit status 1 when there is such a one, or one that does not load.\n",
    list};

} // namespace assay::cli
