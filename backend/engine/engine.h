#pragma once

#include "backend/attacks/scripted/scripted_attacks.h"
#include "backend/engine/batch_lane.h"
#include "backend/engine/cache.h"
#include "backend/engine/engine_listener.h"
#include "backend/engine/importing/importer.h"
#include "backend/engine/inputs.h"
#include "backend/engine/live_lane.h"
#include "backend/engine/plugin_host.h"
#include "backend/engine/workspace.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace assay::engine {

/// Everything behind the protocol and the command line: a workspace, the studies that its plugins registered,
/// and two lanes. Safe from any thread.
class Engine
{
public:
    /// @param workspace folder, or empty for the demonstration's. Folders are made when first written to.
    Engine(const std::filesystem::path& workspace, EngineListener& listener);
    /// Cancels what runs and waits for its next checkpoint.
    ~Engine();

    const Workspace& workspace() const { return m_workspace; }
    const Installation& installation() const { return m_installation; }
    Registries& registries() { return m_registries; }
    const Registries& registries() const { return m_registries; }
    const PluginHost& plugins() const { return m_plugins; }
    /// Of the workspace and of the user.
    std::vector<attacks::ScriptRecord> scriptedAttacks() const { return m_attacks.records(); }
    /// Looks at the scripts' folders again; the listener hears when anything is different.
    void refreshAttacks();
    const Inputs& inputs() const { return m_inputs; }
    Inputs& inputs() { return m_inputs; }
    Importer& importer() { return m_importer; }
    // As Importer's, and the listener hears that the catalogue changed.
    Importer::Added addImport(const std::filesystem::path& path, const Json& values);
    std::string removeImport(const std::string& kind, const std::string& name);
    Importer::Added restoreImport(const std::string& token);
    // As attacks::PatchLibrary's, and the listener hears that the catalogue changed.
    attacks::PatchCard keepPatch(const attacks::Patch& patch);
    void removePatch(const std::string& name);
    /// Asks what the next start makes of the plugins, after @p change; the listener hears that the catalogue
    /// changed. Takes as long as an engine's start. @throws what @p change and checkPlugins() throw.
    void changePlugins(const std::function<void(const PluginHost&)>& change);
    LaneGate& gate() { return m_gate; }
    BatchLane& batch() const { return *m_batch; }
    LiveLane& live() const { return *m_live; }

    /// Checks @p spec and queues it, with the scripted attacks as their files are now. Its parameters are
    /// completed with the defaults, so that the stored spec says everything. @param out folder that becomes
    /// the run's folder; empty: a new one in the workspace.
    /// @returns the run's id and folder.
    /// @throws Error when the study, a parameter, a model, a data set or the device does not exist.
    struct Started
    {
        std::string run;
        std::filesystem::path folder;
    };
    Started start(protocol::RunSpec spec, const std::filesystem::path& out = {});
    /// The spec with its parameters checked and completed. @throws as start().
    protocol::RunSpec checked(protocol::RunSpec spec) const;

    /// @throws Error when the run is not queued or running.
    void cancel(const std::string& run);

    /// Called once, on any thread: superseded, or the failure's sentence, or neither. Must not throw.
    using PreviewDone = std::function<void(bool superseded, const std::string& error)>;
    /// Answers a change of live parameters of a finished run; its events go to the listener under @p id.
    /// @throws Error when the run, its study or a parameter does not exist or the study has no previews.
    void preview(const std::string& run, const Json& params, std::uint64_t id, PreviewDone done);

    /// Run summaries, newest first, with the states of this engine's jobs.
    Json runs() const;
    void deleteRun(const std::string& run);

private:
    void checkInputs(const protocol::Schema& schema, const Json& params) const;

    EngineListener& m_listener;
    Installation m_installation;
    Workspace m_workspace;
    Registries m_registries;
    PluginHost m_plugins;
    attacks::ScriptedAttacks m_attacks;
    Inputs m_inputs;
    Importer m_importer;
    TensorCache m_cache;
    LaneGate m_gate;
    std::unique_ptr<LiveLane> m_live; ///< the lanes end first: what they run uses the rest
    std::unique_ptr<BatchLane> m_batch;
};

} // namespace assay::engine
