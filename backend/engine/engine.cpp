#include "backend/engine/engine.h"

#include "backend/engine/devices.h"
#include "backend/engine/failure.h"
#include "backend/engine/files.h"
#include "backend/engine/plugin_check.h"
#include "backend/engine/run_job.h"
#include "backend/engine/run_list.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::engine {

namespace fs = std::filesystem;
using protocol::RunSpec;

namespace {

/// Calls use(name) for every value of a field of type @p type.
template <class Use>
void forEachName(const protocol::Schema& schema, const Json& params, protocol::FieldType type, Use use)
{
    for (const auto& field : schema.fields) {
        if (field.type != type)
            continue;
        const Json& value = params.at(field.name);
        if (value.is_string())
            use(value.get<std::string>());
        for (const auto& item : value.is_array() ? value : Json::array())
            use(item.get<std::string>());
    }
}

/// @p ran with the changes of @p params, of which only these are checked: what a finished run was told stays
/// good, whatever there is to choose from today. The scripted attack that it used may be gone.
Json previewParams(const protocol::Schema& schema, const Json& ran, const Json& params,
                   const std::string& where)
{
    Json changes = Json::object();
    bool misnamed = false; // then all fields are needed to say what was meant
    for (const auto& [name, value] : params.items()) {
        misnamed |= !schema.find(name);
        if (!ran.contains(name) || ran[name] != value)
            changes[name] = value;
    }
    protocol::Schema open;
    for (const protocol::Field& field : schema.fields) {
        if (misnamed || !ran.contains(field.name) || changes.contains(field.name))
            open.fields.push_back(field);
    }
    Json all = ran;
    all.update(protocol::validated(open, changes, where));
    return all;
}

} // namespace

Engine::Engine(const fs::path& workspace, EngineListener& listener)
    : m_listener(listener)
    , m_installation(Installation::find())
    , m_workspace(workspace)
    , m_plugins(m_installation.plugins, PluginHost::defaultFolders(), configFolder())
    , m_attacks(attacks::attacks(), {m_workspace.attacks(), userAttackFolder()},
                m_workspace.cache() / "script-verdicts.json")
    , m_inputs({m_installation.resources / "zoo", m_workspace.models()}, {m_workspace.data()},
               m_workspace.data(), m_workspace.patches())
    , m_importer(m_inputs, m_workspace, m_attacks)
    , m_cache(m_workspace.cache())
    , m_live(std::make_unique<LiveLane>(m_gate))
    , m_batch(std::make_unique<BatchLane>(m_gate, [this] { m_listener.jobsChanged(); }))
{
    m_plugins.loadInto(m_registries);
}

Engine::~Engine()
{
    m_live->clear();
    m_batch->cancelAll();
}

void Engine::checkInputs(const protocol::Schema& schema, const Json& params) const
{
    forEachName(schema, params, protocol::FieldType::Model,
                [&](const std::string& name) { m_inputs.requireModel(name); });
    forEachName(schema, params, protocol::FieldType::Dataset,
                [&](const std::string& name) { m_inputs.requireDataset(name); });
}

RunSpec Engine::checked(RunSpec spec) const
{
    const Study& study = m_registries.study(spec.study);
    const auto schema = study.schema();
    spec.params = protocol::validated(schema, spec.params, spec.study);
    resolveDevice(spec.device);
    checkInputs(schema, spec.params);
    return spec;
}

Engine::Started Engine::start(RunSpec given, const fs::path& out)
{
    refreshAttacks();
    const RunSpec spec = checked(std::move(given));
    Study& study = m_registries.study(spec.study);
    const std::string title = spec.title.empty() ? study.info().title : spec.title;
    RunWriter writer = out.empty() ? RunWriter::create(m_workspace.runs(), spec, title)
                                   : RunWriter::createAt(out, spec, title);
    const Started started{writer.id(), writer.folder()};
    // Shared by the two functions of the job, of which only one is called.
    const RunServices services{m_inputs, m_cache, m_workspace.models(),
                               [this] { m_listener.catalogueChanged(); }};
    const auto job = std::make_shared<RunJob>(study, spec, std::move(writer), services, m_listener);
    m_batch->add({.status = {.run = started.run, .study = spec.study, .title = title},
                  .work = [job](JobControl& control) { job->run(control); },
                  .abandon = [job] { job->abandon(); }});
    return started;
}

void Engine::cancel(const std::string& run)
{
    if (!m_batch->cancel(run))
        throw Error("the run '" + run.substr(0, 200) + "' is neither queued nor running");
}

void Engine::preview(const std::string& run, const Json& params, std::uint64_t id, PreviewDone done)
{
    const fs::path folder = runFolder(m_workspace.runs(), run);
    RunSpec spec =
        protocol::specFromJson(readJsonFile(folder / "spec.json"), (folder / "spec.json").string());
    Study& study = m_registries.study(spec.study);
    if (!study.info().previews)
        throw Error("this study has no previews", spec.study, "Run it again with the changed parameters");
    if (runSummary(folder)["state"] != protocol::name(protocol::RunState::Finished))
        throw Error("the run is not finished", run, "Wait for its end, or run it again");
    spec.params = previewParams(study.schema(), spec.params, params, spec.study);

    LiveLane::Preview preview;
    preview.superseded = [done] { done(true, {}); };
    preview.work = [=, this, &study](const LiveControl& control) {
        const auto send = [&](protocol::Event event) {
            m_listener.previewEvent({run, id, std::move(event)});
        };
        try {
            LiveContext context(RunServices{m_inputs, m_cache, m_workspace.models(), {}}, spec, folder,
                                control, send);
            study.preview(context, spec.params);
            done(false, {});
        } catch (const Cancelled&) {
            done(true, {});
        } catch (...) {
            done(false, failureSentence(std::current_exception(), spec.study));
        }
    };
    m_live->submit(std::move(preview));
}

void Engine::refreshAttacks()
{
    if (m_attacks.refresh())
        m_listener.catalogueChanged();
}

Importer::Added Engine::addImport(const fs::path& path, const Json& values)
{
    Importer::Added added = m_importer.add(path, values);
    m_listener.catalogueChanged();
    return added;
}

std::string Engine::removeImport(const std::string& kind, const std::string& name)
{
    std::string token = m_importer.remove(kind, name);
    m_listener.catalogueChanged();
    return token;
}

Importer::Added Engine::restoreImport(const std::string& token)
{
    Importer::Added restored = m_importer.restore(token);
    m_listener.catalogueChanged();
    return restored;
}

attacks::PatchCard Engine::keepPatch(const attacks::Patch& patch)
{
    attacks::PatchCard card = m_inputs.patches().keep(patch);
    m_listener.catalogueChanged();
    return card;
}

void Engine::removePatch(const std::string& name)
{
    m_inputs.patches().remove(name);
    m_listener.catalogueChanged();
}

void Engine::changePlugins(const std::function<void(const PluginHost&)>& change)
{
    change(m_plugins);
    m_plugins.foresee(checkPlugins(m_installation.programs / "assay-cli"));
    m_listener.catalogueChanged();
}

Json Engine::runs() const
{
    Json list = listRuns(m_workspace.runs());
    const auto jobs = m_batch->jobs();
    for (auto& summary : list) {
        const auto it = std::ranges::find(jobs, summary["run"].get<std::string>(), &JobStatus::run);
        if (it != jobs.end()) {
            summary["state"] = protocol::name(it->state);
            summary["error"] = "";
        }
    }
    return list;
}

void Engine::deleteRun(const std::string& run)
{
    engine::deleteRun(m_workspace.runs(), run);
    m_listener.catalogueChanged(); // models that it saved are gone
}

} // namespace assay::engine
