#include "backend/engine/catalogue.h"

#include "backend/attacks/registry.h"
#include "backend/engine/devices.h"
#include "backend/engine/importing/file_warning.h"
#include "backend/engine/provenance.h"
#include "backend/models/formats/model_format.h"

#include <algorithm>

namespace assay::engine {

namespace {

bool predictionsOnly(const models::ModelCard& card)
{
    const auto& formats = models::modelFormats();
    return std::ranges::any_of(
        formats, [&](const models::ModelFormat* f) { return f->name == card.format && f->predictions; });
}

/// @param cardFile of an imported model; empty for the zoo's.
Json modelJson(const models::ModelCard& card, const std::filesystem::path& cardFile, FileHashes& hashes)
{
    const bool own = !cardFile.empty();
    return {{"name", card.name},
            {"title", card.title},
            {"summary", card.summary},
            {"architecture", card.architecture},
            {"dataset", card.dataset},
            {"classes", card.classes},
            {"task", card.task == models::Task::Detection ? "detection" : "classification"},
            {"input",
             {{"channels", card.input.channels}, {"height", card.input.height}, {"width", card.input.width}}},
            {"format", card.format},
            {"file", own && !card.file.empty()
                         ? (cardFile.parent_path() / card.file).lexically_normal().string()
                         : card.file},
            {"predictionsOnly", predictionsOnly(card)},
            {"warning", own ? modelWarning(cardFile, card, hashes) : std::string()},
            {"accuracy", card.testAccuracy ? Json(*card.testAccuracy) : Json()},
            {"parameters", card.parameters},
            {"sha256", card.sha256},
            {"source", own ? "workspace" : "zoo"}};
}

/// @param own its card, for an imported set.
Json datasetJson(const data::DatasetInfo& info, const DataCards::Entry* own)
{
    return {{"name", info.name},
            {"title", info.title},
            {"source", info.source},
            {"licence", info.licence},
            {"note", info.note},
            {"classes", info.classes},
            {"boxClasses", info.boxClasses},
            {"train", info.trainCount},
            {"test", info.testCount},
            {"channels", info.channels},
            {"height", info.height},
            {"width", info.width},
            {"available", info.available},
            {"problem", info.problem},
            {"format", info.format},
            {"location", own ? own->card.location.string() : std::string()},
            {"own", own != nullptr},
            {"attributes", info.attributes},
            {"warning", own ? dataWarning(*own) : std::string()}};
}

/// @param script its record; null for one that is none.
Json attackJson(const attacks::AttackInfo& info, const attacks::ScriptRecord* script, const Engine& engine)
{
    Json norms = Json::array();
    for (const attacks::Norm norm : info.norms)
        norms.push_back(attacks::normName(norm));
    Json parameters = Json::array();
    for (const protocol::Field& field : info.parameters.fields)
        parameters.push_back(field.name);
    return {{"name", info.id},
            {"title", info.title},
            {"norms", std::move(norms)},
            {"needs", info.gradient ? "gradient" : "query"},
            {"targeted", info.targeted},
            {"parameters", std::move(parameters)},
            {"script", info.id.starts_with(attacks::kScriptPrefix)},
            {"available", !script || script->problem.empty()},
            {"problem", script ? script->problem : ""},
            {"warning", script ? script->warning : ""},
            {"file", script ? script->file.string() : ""},
            {"own", script && script->entry.parent_path() == engine.workspace().attacks()},
            {"imported", script && script->isImported()},
            {"sha256", info.sha256},
            {"summary", info.summary},
            {"reference", info.reference}};
}

/// What the diagnostics page shows of this process.
Json engineJson()
{
    const Json known = provenance(torch::kCPU, 0, {});
    Json self = {{"assay", known["assay"]}, {"commit", known["commit"]}};
    self.update(known["libraries"]);
    self["threads"] = known["threads"];
    return self;
}

} // namespace

Json studyJson(const Study& study, const std::string& plugin)
{
    const StudyInfo info = study.info();
    return {{"id", info.id},
            {"title", info.title},
            {"question", info.question},
            {"summary", info.summary},
            {"reference", info.reference},
            {"keywords", info.keywords},
            {"outputs", info.outputs},
            {"version", info.version},
            {"previews", info.previews},
            {"plugin", plugin},
            {"schema", protocol::toJson(study.schema())}};
}

Json studiesJson(const Engine& engine)
{
    Json list = Json::array();
    for (const auto& study : engine.registries().studies())
        list.push_back(studyJson(*study, engine.plugins().pluginOf(study->info().id)));
    return list;
}

Json modelsJson(const Engine& engine)
{
    Json list = Json::array();
    for (const auto& [card, file] : engine.inputs().models().listed()) {
        const bool own = file.parent_path() == engine.workspace().models();
        list.push_back(modelJson(card, own ? file : std::filesystem::path(), engine.inputs().hashes()));
    }
    return list;
}

Json modelEntry(const models::ModelCard& card)
{
    FileHashes none;
    Json entry = modelJson(card, {}, none);
    entry["source"] = "file";
    return entry;
}

Json datasetsJson(const Engine& engine)
{
    Json list = Json::array();
    const Inputs& inputs = engine.inputs();
    const auto known = inputs.datasets().list();
    const auto own = inputs.dataCards().list();
    for (const auto& info : inputs.allDatasets()) {
        const bool isKnown = std::ranges::find(known, info.name, &data::DatasetInfo::name) != known.end();
        const auto it =
            std::ranges::find_if(own, [&](const auto& entry) { return entry.card.info.name == info.name; });
        list.push_back(datasetJson(info, isKnown || it == own.end() ? nullptr : &*it));
    }
    return list;
}

Json attacksJson(const Engine& engine)
{
    Json list = Json::array();
    const std::vector<attacks::ScriptRecord> scripts = engine.scriptedAttacks();
    for (const auto& info : attacks::attacks().list()) {
        const auto script = std::ranges::find(scripts, info.id, &attacks::ScriptRecord::id);
        list.push_back(attackJson(info, script == scripts.end() ? nullptr : &*script, engine));
    }
    for (const attacks::ScriptRecord& script : scripts) {
        if (!script.id.empty())
            continue;
        Json entry = attackJson(
            {.id = std::string(attacks::kScriptPrefix) + script.name, .title = script.name, .norms = {}},
            &script, engine);
        if (std::ranges::any_of(list, [&](const Json& each) { return each["name"] == entry["name"]; })) {
            entry["name"] = entry["name"].get<std::string>() + " (" + script.entry.string() + ")";
            entry["own"] = false; // the name is another one's: by it the other one would be removed
        }
        list.push_back(std::move(entry));
    }
    return list;
}

Json pluginsJson(const Engine& engine)
{
    Json list = Json::array();
    for (const auto& record : engine.plugins().records())
        list.push_back(toJson(record));
    return list;
}

Json toJson(const attacks::PatchCard& card)
{
    return {{"name", card.name},   {"channels", card.channels}, {"height", card.height},
            {"width", card.width}, {"origin", card.origin},     {"problem", card.problem}};
}

Json patchesJson(const Engine& engine)
{
    Json list = Json::array();
    for (const attacks::PatchCard& card : engine.inputs().patches().list())
        list.push_back(toJson(card));
    return list;
}

Json catalogue(const Engine& engine)
{
    return {{"studies", studiesJson(engine)},
            {"models", modelsJson(engine)},
            {"datasets", datasetsJson(engine)},
            {"attacks", attacksJson(engine)},
            {"plugins", pluginsJson(engine)},
            {"patches", patchesJson(engine)},
            {"devices", deviceNames()},
            {"engine", engineJson()},
            {"workspace", engine.workspace().root().string()}};
}

Json jobsJson(const Engine& engine)
{
    Json list = Json::array();
    for (const auto& job : engine.batch().jobs()) {
        list.push_back({{"run", job.run},
                        {"study", job.study},
                        {"title", job.title},
                        {"state", protocol::name(job.state)},
                        {"stage", job.stage},
                        {"done", job.done},
                        {"total", job.total},
                        {"started", job.started}});
    }
    return {{"jobs", list}};
}

} // namespace assay::engine
