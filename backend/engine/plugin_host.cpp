#include "backend/engine/plugin_host.h"

#include "backend/engine/files.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"

#include <QPluginLoader>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

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

/// @returns whether the plugin may run; else its record says why not.
bool checkTrust(const PluginTrust& trust, PluginRecord& record)
{
    const std::string file = record.file.string();
    const auto refuse = [&](PluginState state, const Error& why) {
        record.state = state;
        record.problem = why.what();
        return false;
    };
    const std::string command = "'assay-cli plugins allow " + file + "'";
    if (trust.isDisabled(record.id))
        return refuse(PluginState::Disabled,
                      Error("the plugin is switched off", file,
                            "Switch it on with 'assay-cli plugins enable " + record.id + "'"));
    if (trust.hasCrashed(record.sha256)) {
        const std::string how = trust.crashOf(record.sha256);
        return refuse(PluginState::Quarantined,
                      Error("the plugin crashed the engine when it was last loaded, and is set aside" +
                                (how.empty() ? how : ": " + how),
                            file, "Allow it again with " + command + " or remove it"));
    }
    if (!record.own && !trust.isAllowed(record.sha256))
        return refuse(PluginState::NotAllowed,
                      Error("this plugin was not allowed to run; its SHA-256 is " + record.sha256, file,
                            "If you trust it, allow it with " + command));
    return true;
}

void requireAnnounced(const std::vector<std::string>& announced, const std::string& id, const char* what,
                      const PluginRecord& record)
{
    if (std::ranges::find(announced, id) == announced.end())
        throw Error(std::string("the plugin registers the ") + what + " '" + id +
                        "', which its metadata does not announce",
                    record.file.string(), "Ask its author for a complete one");
}

/// All of it or nothing: half a plugin is worse than no plugin.
void registerAll(Plugin& plugin, const PluginRecord& record, Registries& registries)
{
    Registries staging;
    plugin.registerInto(staging);
    auto studies = staging.takeStudies();
    auto newAttacks = staging.takeAttacks();
    const auto refuseTwice = [&](const char* what, const std::string& id) {
        throw Error(std::string("another plugin already brought the ") + what + " '" + id + "'",
                    record.file.string(), "Remove one of the two");
    };
    for (const auto& study : studies) {
        const std::string id = study->info().id;
        requireAnnounced(record.studies, id, "study", record);
        if (std::ranges::any_of(registries.studies(), [&](const auto& s) { return s->info().id == id; }))
            refuseTwice("study", id);
    }
    const auto known = attacks::attacks().list();
    for (const auto& attack : newAttacks) {
        requireAnnounced(record.attacks, attack.info.id, "attack", record);
        if (std::ranges::any_of(known, [&](const auto& a) { return a.id == attack.info.id; }))
            refuseTwice("attack", attack.info.id);
        attacks::AttackRegistry().add(attack); // refuses an id that is none
    }
    for (auto& study : studies)
        registries.addStudy(std::move(study));
    for (auto& attack : newAttacks)
        attacks::attacks().add(std::move(attack));
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
    std::vector<PluginRecord> found;
    for (const auto& file : pluginFiles(m_ownFolder))
        found.push_back(load(file, true, registries));
    for (const auto& folder : m_otherFolders) {
        for (const auto& file : pluginFiles(folder))
            found.push_back(load(file, false, registries));
    }
    const std::lock_guard lock(m_mutex);
    m_records = std::move(found);
}

PluginRecord PluginHost::load(const fs::path& file, bool own, Registries& registries)
{
    PluginRecord record;
    record.file = file;
    record.own = own;
    try {
        readPluginMetadata(record);
        record.sha256 = sha256OfFile(file);
        if (!checkTrust(m_trust, record))
            return record;
        QPluginLoader loader(QString::fromStdString(file.string()));
        // A symbol that is missing is a sentence now, and not the end of the process when it is first called.
        loader.setLoadHints(QLibrary::ResolveAllSymbolsHint | QLibrary::PreventUnloadHint);
        const PluginTrust::LoadGuard guard(m_trust, file, record.sha256);
        QObject* instance = loader.instance();
        if (!instance)
            throw Error("the plugin cannot be loaded: " + loader.errorString().toStdString(), file.string(),
                        "Build it for this version of Assay");
        auto* plugin = qobject_cast<Plugin*>(instance);
        if (!plugin)
            throw Error("the plugin does not implement the interface it names", file.string());
        registerAll(*plugin, record, registries);
        record.loaded = true;
        record.state = PluginState::Active;
    } catch (const Error& problem) {
        record.problem = problem.what();
    } catch (const std::exception& problem) {
        record.problem = Error(std::string("the plugin failed while it was loaded: ") + problem.what(),
                               file.string(), "Ask its author for help")
                             .what();
    } catch (...) {
        record.problem = Error("the plugin threw something that is no exception", file.string()).what();
    }
    return record;
}

std::vector<PluginRecord> PluginHost::records() const
{
    const std::lock_guard lock(m_mutex);
    return m_records;
}

PluginRecord PluginHost::record(const fs::path& file) const
{
    for (PluginRecord& record : records()) {
        if (record.file == file)
            return std::move(record);
    }
    throw Error("there is no such plugin", file.string(), "See 'assay-cli list plugins'");
}

void PluginHost::foresee(const std::vector<PluginRecord>& next)
{
    const std::lock_guard lock(m_mutex);
    std::vector<PluginRecord> merged = next;
    for (PluginRecord& record : merged) {
        const auto now = std::ranges::find(m_records, record.file, &PluginRecord::file);
        record.loaded = now != m_records.end() && now->loaded;
    }
    for (const PluginRecord& record : m_records) {
        const auto it = std::ranges::find(merged, record.file, &PluginRecord::file);
        if (it != merged.end() || !record.loaded)
            continue;
        merged.push_back(record);
        merged.back().state = PluginState::Failed;
        merged.back().problem = Error("the file is gone", record.file.string()).what();
    }
    m_records = std::move(merged);
}

std::string PluginHost::pluginOf(const std::string& studyId) const
{
    const std::lock_guard lock(m_mutex);
    for (const auto& record : m_records) {
        if (record.loaded && std::ranges::find(record.studies, studyId) != record.studies.end())
            return record.id;
    }
    return {};
}

} // namespace assay::engine
