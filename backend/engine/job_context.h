#pragma once

#include "backend/engine/batch_lane.h"
#include "backend/engine/cache.h"
#include "backend/engine/inputs.h"
#include "backend/engine/live_lane.h"
#include "backend/engine/run_context.h"

#include <chrono>
#include <exception>
#include <functional>

namespace assay::engine {

/// What runs and previews share; owned by the engine.
struct RunServices
{
    Inputs& inputs;
    TensorCache& cache;
    std::filesystem::path models;     ///< the workspace's, where saved models are listed
    std::function<void()> modelSaved; ///< called when there is one more
};

/// The part of RunContext that runs and previews have in common.
class SharedContext : public RunContext
{
public:
    SharedContext(RunServices services, protocol::RunSpec spec, std::filesystem::path folder);

    const protocol::RunSpec& spec() const override { return m_spec; }
    const std::filesystem::path& folder() const override { return m_folder; }
    torch::Device device() const override { return m_device; }
    std::uint64_t seed() const override { return m_spec.seed; }
    std::shared_ptr<const models::Model> model(const protocol::ModelRef& ref) override;
    std::shared_ptr<const data::Dataset> dataset(const protocol::DatasetRef& ref) override;
    attacks::Patch patch(const std::string& nameOrPath) override;
    at::Generator generator(std::string_view stream) const override;
    void log(std::string_view text, protocol::LogLevel level) override;
    void figure(protocol::Figure figure) override;
    void table(protocol::Table table) override;
    void images(protocol::ImageGrid grid) override;
    void scene(protocol::Scene scene) override;
    void metric(protocol::Metric metric) override;
    TensorMap loadArtifact(std::string_view name) const override;
    TensorMap cached(const Json& key, const std::function<TensorMap()>& compute) override;

    Json inputs() const { return m_record.json(); }
    /// Says so when a scripted attack was changed, or imported anew, since this was made.
    void warnOfChangedScripts();

protected:
    virtual void emitEvent(protocol::Event event) = 0;
    const RunServices& services() const { return m_services; }

private:
    RunServices m_services;
    protocol::RunSpec m_spec;
    std::filesystem::path m_folder;
    torch::Device m_device;
    InputRecord m_record;
    Json m_scripts; ///< SHA-256 of the scripted attacks that the spec names, by id; {} without any
};

/// Takes an event, stores it and sends it. May throw Error (disk full).
using EventSink = std::function<void(protocol::Event)>;

/// The context of a run on the batch lane.
class BatchContext final : public SharedContext
{
public:
    BatchContext(RunServices services, protocol::RunSpec spec, std::filesystem::path folder,
                 JobControl& control, EventSink sink);

    void progress(double done, double total, std::string_view stage) override;
    void checkpoint() override { m_control.checkpoint(); }
    void artifact(std::string_view name, const TensorMap& tensors) override;
    void file(std::string_view file, std::string_view bytes) override;
    void saveModel(std::string_view name, const models::Network& network, models::ModelCard card) override;

    /// The first failure to store an event, rethrown even if the study swallowed it.
    void rethrowStorageError() const;

    /// A receiver hears of progress at most this often, besides the beginning and end of stages.
    static constexpr std::chrono::milliseconds kProgressInterval{100};

private:
    void emitEvent(protocol::Event event) override;
    void deliver(protocol::Event event); ///< with m_mutex held

    JobControl& m_control;
    EventSink m_sink;
    std::mutex m_mutex; ///< guards the sink and all below
    std::exception_ptr m_storageError;
    std::string m_stage;
    std::chrono::steady_clock::time_point m_stageBegan;
    std::chrono::steady_clock::time_point m_lastProgress;
};

/// The context of a preview on the live lane: its events are sent but not stored, progress is not shown.
class LiveContext final : public SharedContext
{
public:
    LiveContext(RunServices services, protocol::RunSpec spec, std::filesystem::path folder,
                const LiveControl& control, EventSink sink);

    void progress(double, double, std::string_view) override {}
    void checkpoint() override { m_control.checkpoint(); }
    /// @throws Error: a preview leaves nothing behind.
    void artifact(std::string_view name, const TensorMap& tensors) override;
    void file(std::string_view file, std::string_view bytes) override;
    void saveModel(std::string_view name, const models::Network& network, models::ModelCard card) override;

private:
    void emitEvent(protocol::Event event) override;

    const LiveControl& m_control;
    EventSink m_sink;
};

} // namespace assay::engine
