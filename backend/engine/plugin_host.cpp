#include "backend/engine/plugin_host.h"

#include "backend/engine/files.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QPluginLoader>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> pluginFiles(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        if (it->path().extension() == ".so")
            files.push_back(it->path());
    }
    std::ranges::sort(files);
    return files;
}

std::string text(const QJsonObject& object, const char* key, const fs::path& file)
{
    const std::string value = object.value(QLatin1String(key)).toString().toStdString();
    if (value.empty())
        throw Error(std::string("the plugin's metadata has no '") + key + "'", file.string(),
                    "Ask its author for a complete one");
    return value;
}

/// Reads the metadata, which lies in the file as data: none of the plugin's code runs.
void readMetadata(QPluginLoader& loader, PluginRecord& record)
{
    const QJsonObject all = loader.metaData();
    if (all.isEmpty())
        throw Error("this is no Qt plugin: " + loader.errorString().toStdString(), record.file.string(),
                    "Remove it from the plugin folder");
    const std::string iid = all.value(QLatin1String("IID")).toString().toStdString();
    if (iid != ASSAY_PLUGIN_IID)
        throw Error("the plugin implements '" + iid + "', not '" ASSAY_PLUGIN_IID "'", record.file.string(),
                    "Remove it from the plugin folder");
    const QJsonObject own = all.value(QLatin1String("MetaData")).toObject();
    record.id = text(own, "id", record.file);
    record.name = text(own, "name", record.file);
    record.version = text(own, "version", record.file);
    record.author = text(own, "author", record.file);
    record.licence = text(own, "licence", record.file);
    record.summary = own.value(QLatin1String("summary")).toString().toStdString();
    for (const auto& study : own.value(QLatin1String("studies")).toArray())
        record.studies.push_back(study.toString().toStdString());
    const int abi = own.value(QLatin1String("abi")).toInt(0);
    if (abi != kEngineAbi)
        throw Error("the plugin was built for engine ABI " + std::to_string(abi) + ", this engine has " +
                        std::to_string(kEngineAbi),
                    record.file.string(), "Build it for this version of Assay");
}

void checkTrust(const PluginTrust& trust, const PluginRecord& record, bool own, const std::string& hash)
{
    const std::string command = "'assay-cli plugins allow " + record.file.string() + "'";
    if (trust.hasCrashed(hash))
        throw Error("the plugin crashed the engine when it was last loaded, and is set aside",
                    record.file.string(), "Allow it again with " + command + " or remove it");
    if (!own && !trust.isAllowed(hash))
        throw Error("this plugin was not allowed to run; its SHA-256 is " + hash, record.file.string(),
                    "If you trust it, allow it with " + command);
}

/// All studies or none: half a plugin is worse than no plugin.
void registerStudies(Plugin& plugin, const PluginRecord& record, Registries& registries)
{
    Registries staging;
    plugin.registerInto(staging);
    auto studies = staging.takeStudies();
    const auto known = [&](const std::string& id) {
        return std::ranges::any_of(registries.studies(), [&](const auto& s) { return s->info().id == id; });
    };
    for (const auto& study : studies) {
        const std::string id = study->info().id;
        if (std::ranges::find(record.studies, id) == record.studies.end())
            throw Error("the plugin registers the study '" + id + "', which its metadata does not announce",
                        record.file.string(), "Ask its author for a complete one");
        if (known(id))
            throw Error("another plugin already brought the study '" + id + "'", record.file.string(),
                        "Remove one of the two");
    }
    for (auto& study : studies)
        registries.addStudy(std::move(study));
}

} // namespace

PluginHost::PluginHost(fs::path ownFolder, std::vector<fs::path> otherFolders, fs::path configFolder)
    : m_ownFolder(std::move(ownFolder))
    , m_otherFolders(std::move(otherFolders))
    , m_trust(std::move(configFolder))
{}

std::vector<fs::path> PluginHost::defaultFolders()
{
    std::vector<fs::path> folders = {userPluginFolder()};
    const char* more = std::getenv("ASSAY_PLUGIN_PATH");
    std::istringstream list(more ? more : "");
    for (std::string folder; std::getline(list, folder, ':');) {
        if (!folder.empty())
            folders.emplace_back(folder);
    }
    return folders;
}

void PluginHost::loadInto(Registries& registries)
{
    for (const auto& file : pluginFiles(m_ownFolder))
        load(file, true, registries);
    for (const auto& folder : m_otherFolders) {
        for (const auto& file : pluginFiles(folder))
            load(file, false, registries);
    }
}

void PluginHost::load(const fs::path& file, bool own, Registries& registries)
{
    PluginRecord record;
    record.file = file;
    try {
        QPluginLoader loader(QString::fromStdString(file.string()));
        readMetadata(loader, record);
        const std::string hash = sha256OfFile(file);
        checkTrust(m_trust, record, own, hash);
        const PluginTrust::LoadGuard guard(m_trust, file, hash);
        QObject* instance = loader.instance();
        if (!instance)
            throw Error("the plugin cannot be loaded: " + loader.errorString().toStdString(), file.string());
        auto* plugin = qobject_cast<Plugin*>(instance);
        if (!plugin)
            throw Error("the plugin does not implement the interface it names", file.string());
        registerStudies(*plugin, record, registries);
        record.loaded = true;
    } catch (const std::exception& problem) {
        record.problem = problem.what();
    } catch (...) {
        record.problem = Error("the plugin threw something that is no exception", file.string()).what();
    }
    m_records.push_back(std::move(record));
}

std::string PluginHost::pluginOf(const std::string& studyId) const
{
    for (const auto& record : m_records) {
        if (record.loaded && std::ranges::find(record.studies, studyId) != record.studies.end())
            return record.id;
    }
    return {};
}

} // namespace assay::engine
