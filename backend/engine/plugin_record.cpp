#include "backend/engine/plugin_record.h"

#include "backend/engine/plugin.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QPluginLoader>

#include <algorithm>
#include <array>

namespace assay::engine {

namespace {

constexpr std::array kPluginStates = {PluginState::Active, PluginState::Disabled, PluginState::NotAllowed,
                                      PluginState::Quarantined, PluginState::Failed};

std::string requiredText(const QJsonObject& object, const char* key, const std::filesystem::path& file)
{
    const std::string value = object.value(QLatin1String(key)).toString().toStdString();
    if (value.empty())
        throw Error(std::string("the plugin's metadata has no '") + key + "'", file.string(),
                    "Ask its author for a complete one");
    return value;
}

std::vector<std::string> textList(const QJsonObject& object, const char* key)
{
    std::vector<std::string> list;
    for (const auto& item : object.value(QLatin1String(key)).toArray())
        list.push_back(item.toString().toStdString());
    return list;
}

} // namespace

const char* name(PluginState state)
{
    switch (state) {
    case PluginState::Active:
        return "active";
    case PluginState::Disabled:
        return "disabled";
    case PluginState::NotAllowed:
        return "not-allowed";
    case PluginState::Quarantined:
        return "quarantined";
    case PluginState::Failed:
        break;
    }
    return "failed";
}

Json toJson(const PluginRecord& record)
{
    return {{"file", record.file.string()},
            {"id", record.id},
            {"name", record.name},
            {"version", record.version},
            {"author", record.author},
            {"licence", record.licence},
            {"summary", record.summary},
            {"studies", record.studies},
            {"attacks", record.attacks},
            {"sha256", record.sha256},
            {"own", record.own},
            {"loaded", record.loaded},
            {"state", name(record.state)},
            {"restart", record.changesAtStart()},
            {"problem", record.problem}};
}

PluginRecord pluginFromJson(const Json& json)
{
    const protocol::JsonFields fields(json, "plugins", "the list of plugins");
    PluginRecord record{.file = fields.text("file"),
                        .id = fields.text("id", false),
                        .name = fields.text("name", false),
                        .version = fields.text("version", false),
                        .author = fields.text("author", false),
                        .licence = fields.text("licence", false),
                        .summary = fields.text("summary", false),
                        .studies = fields.texts("studies", false),
                        .attacks = fields.texts("attacks", false),
                        .sha256 = fields.text("sha256", false),
                        .own = fields.flag("own"),
                        .loaded = fields.flag("loaded"),
                        .problem = fields.text("problem", false)};
    const std::string state = fields.text("state");
    const auto it = std::ranges::find_if(kPluginStates, [&](PluginState s) { return state == name(s); });
    if (it == kPluginStates.end())
        throw Error("a plugin cannot be '" + state.substr(0, 80) + "'", record.file.string());
    record.state = *it;
    return record;
}

void readPluginMetadata(PluginRecord& record)
{
    const QPluginLoader loader(QString::fromStdString(record.file.string()));
    const std::string file = record.file.string();
    const QJsonObject all = loader.metaData();
    if (all.isEmpty())
        throw Error("this is no Qt plugin: " + loader.errorString().toStdString(), file,
                    "Remove it from the plugin folder");
    const std::string iid = all.value(QLatin1String("IID")).toString().toStdString();
    if (iid != ASSAY_PLUGIN_IID)
        throw Error("the plugin implements '" + iid + "', not '" ASSAY_PLUGIN_IID "'", file,
                    "Remove it from the plugin folder");
    const QJsonObject own = all.value(QLatin1String("MetaData")).toObject();
    record.id = requiredText(own, "id", record.file);
    record.name = requiredText(own, "name", record.file);
    record.version = requiredText(own, "version", record.file);
    record.author = requiredText(own, "author", record.file);
    record.licence = requiredText(own, "licence", record.file);
    record.summary = own.value(QLatin1String("summary")).toString().toStdString();
    record.studies = textList(own, "studies");
    record.attacks = textList(own, "attacks");
    const int abi = own.value(QLatin1String("abi")).toInt(0);
    if (abi != kEngineAbi)
        throw Error("the plugin was built for engine ABI " + std::to_string(abi) + ", this engine has " +
                        std::to_string(kEngineAbi),
                    file, "Build it for this version of Assay");
}

} // namespace assay::engine
