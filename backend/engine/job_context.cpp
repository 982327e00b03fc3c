#include "backend/engine/job_context.h"

#include "backend/attacks/registry.h"
#include "backend/engine/devices.h"
#include "backend/engine/files.h"
#include "backend/engine/run_writer.h"
#include "backend/models/card.h"
#include "backend/models/files/safetensors.h"
#include "backend/models/model_file.h"
#include "backend/protocol/error.h"

namespace assay::engine {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

fs::path artifactFile(const fs::path& folder, std::string_view name)
{
    checkOutputName("an artifact", std::string(name));
    return folder / "artifacts" / (std::string(name) + ".safetensors");
}

/// Calls use(text) for every text among the values of @p json.
template <class Use>
void forEachText(const Json& json, const Use& use)
{
    if (json.is_string())
        use(json.get_ref<const std::string&>());
    else if (json.is_structured())
        for (const Json& item : json)
            forEachText(item, use);
}

/// The scripted attacks that @p params name, wherever in them: a study's attacks stand in its specification,
/// so that no study has to tell of them.
Json scriptsOf(const Json& params)
{
    Json scripts = Json::object();
    const std::vector<attacks::AttackInfo> known = attacks::attacks().list();
    forEachText(params, [&](const std::string& text) {
        for (const attacks::AttackInfo& info : known) {
            if (info.id == text && !info.sha256.empty())
                scripts[text] = info.sha256;
        }
    });
    return scripts;
}

} // namespace

SharedContext::SharedContext(RunServices services, protocol::RunSpec spec, fs::path folder)
    : m_services(services)
    , m_spec(std::move(spec))
    , m_folder(std::move(folder))
    , m_device(resolveDevice(m_spec.device))
    , m_scripts(scriptsOf(m_spec.params))
{
    for (const auto& [id, sha256] : m_scripts.items())
        m_record.add("attacks", id, sha256.get<std::string>());
}

std::shared_ptr<const models::Model> SharedContext::model(const protocol::ModelRef& ref)
{
    auto model = m_services.inputs.model(ref.name, m_device);
    m_record.add("models", ref.name, model->card().sha256);
    return model;
}

std::shared_ptr<const data::Dataset> SharedContext::dataset(const protocol::DatasetRef& ref)
{
    auto dataset = m_services.inputs.dataset(ref.name);
    m_record.add("datasets", ref.name, dataset->hash());
    return dataset;
}

attacks::Patch SharedContext::patch(const std::string& nameOrPath)
{
    attacks::Patch patch = m_services.inputs.patches().open(nameOrPath);
    m_record.add("patches", nameOrPath, patch.sha256);
    return patch;
}

at::Generator SharedContext::generator(std::string_view stream) const
{
    return makeGenerator(torch::kCPU, m_spec.seed, stream);
}

void SharedContext::log(std::string_view text, protocol::LogLevel level)
{
    emitEvent(protocol::LogLine{level, std::string(text), secondsNow()});
}

void SharedContext::figure(protocol::Figure figure)
{
    emitEvent(std::move(figure));
}

void SharedContext::table(protocol::Table table)
{
    emitEvent(std::move(table));
}

void SharedContext::images(protocol::ImageGrid grid)
{
    emitEvent(std::move(grid));
}

void SharedContext::scene(protocol::Scene scene)
{
    emitEvent(std::move(scene));
}

void SharedContext::metric(protocol::Metric metric)
{
    emitEvent(std::move(metric));
}

TensorMap SharedContext::loadArtifact(std::string_view name) const
{
    const fs::path file = artifactFile(m_folder, name);
    std::error_code error;
    if (!fs::exists(file, error))
        throw Error("the run has no artifact '" + std::string(name) + "'", m_folder.string(), "Run it again");
    TensorMap tensors;
    for (auto& [key, tensor] : models::readSafetensors(file).tensors)
        tensors.emplace(key, tensor.to(m_device));
    return tensors;
}

TensorMap SharedContext::cached(const Json& key, const std::function<TensorMap()>& compute)
{
    const auto report = [this](const std::string& text) { log(text, protocol::LogLevel::Warning); };
    if (m_scripts.empty())
        return m_services.cache.get(key, m_device, compute, report);
    // Once a script has changed while the run goes on, nobody can tell which of the two a value came from.
    if (scriptsOf(m_spec.params) != m_scripts)
        return compute();
    return m_services.cache.get({{"key", key}, {"attacks", m_scripts}}, m_device, compute, report);
}

void SharedContext::warnOfChangedScripts()
{
    const Json now = scriptsOf(m_spec.params);
    for (const auto& [id, sha256] : m_scripts.items()) {
        if (!now.contains(id) || now[id] != sha256)
            log(id + " was changed, imported anew or removed while this run went on. The SHA-256 in its "
                     "provenance is that of the beginning.",
                protocol::LogLevel::Warning);
    }
}

BatchContext::BatchContext(RunServices services, protocol::RunSpec spec, fs::path folder, JobControl& control,
                           EventSink sink)
    : SharedContext(services, std::move(spec), std::move(folder))
    , m_control(control)
    , m_sink(std::move(sink))
{}

void BatchContext::progress(double done, double total, std::string_view stage)
{
    const std::lock_guard lock(m_mutex);
    const auto now = Clock::now();
    const bool begins = stage != m_stage;
    if (begins) {
        m_stage = stage;
        m_stageBegan = now;
    } else if (now - m_lastProgress < kProgressInterval && !(total > 0 && done >= total)) {
        return;
    }
    m_lastProgress = now;
    m_control.setProgress(m_stage, done, total);
    const double seconds = std::chrono::duration<double>(now - m_stageBegan).count();
    deliver(protocol::Progress{m_stage, done, total, seconds});
}

void BatchContext::artifact(std::string_view name, const TensorMap& tensors)
{
    const fs::path file = artifactFile(folder(), name);
    makeFolder(file.parent_path());
    models::NamedTensors list;
    for (const auto& [key, tensor] : tensors)
        list.emplace_back(key, tensor.detach().to(torch::kCPU).contiguous());
    models::writeSafetensors(file, list);
    emitEvent(protocol::Artifact{std::string(name), "tensors", "artifacts/" + file.filename().string(),
                                 sha256OfFile(file), fs::file_size(file)});
}

void BatchContext::file(std::string_view name, std::string_view bytes)
{
    checkOutputName("a file", std::string(name));
    const fs::path file = folder() / "artifacts" / name;
    makeFolder(file.parent_path());
    writeFileAtomically(file, bytes);
    emitEvent(protocol::Artifact{std::string(name), "file", "artifacts/" + file.filename().string(),
                                 sha256OfFile(file), fs::file_size(file)});
}

namespace {

/// How a card in @p models names @p file: a workspace may be moved, and its runs with it.
fs::path placeFor(const fs::path& file, const fs::path& models)
{
    const fs::path whole = fs::absolute(file).lexically_normal();
    const bool inside = *whole.lexically_relative(models.parent_path()).begin() != "..";
    return inside ? whole.lexically_relative(models) : whole;
}

} // namespace

void BatchContext::saveModel(std::string_view name, const models::Network& network, models::ModelCard card)
{
    checkOutputName("a model", std::string(name));
    const fs::path artifacts = folder() / "artifacts";
    makeFolder(artifacts);
    card.name = name;
    card.format = "safetensors";
    card.file.clear();
    card = models::saveModel(artifacts, network, std::move(card));
    const fs::path file = artifacts / (card.name + ".safetensors");
    emitEvent(protocol::Artifact{card.name, "model", "artifacts/" + file.filename().string(), card.sha256,
                                 fs::file_size(file)});
    const std::string run = folder().filename().string();
    card.recipe["run"] = run; // whoever misses the file is told so
    card.recipe["study"] = spec().study;
    card.file = placeFor(file, services().models).string();
    card.name += "-" + run;
    makeFolder(services().models);
    models::writeCard(services().models / (card.name + ".json"), card);
    if (services().modelSaved)
        services().modelSaved();
}

void BatchContext::emitEvent(protocol::Event event)
{
    const std::lock_guard lock(m_mutex);
    deliver(std::move(event));
}

void BatchContext::deliver(protocol::Event event)
{
    try {
        m_sink(std::move(event));
    } catch (...) {
        if (!m_storageError)
            m_storageError = std::current_exception();
        throw;
    }
}

void BatchContext::rethrowStorageError() const
{
    if (m_storageError)
        std::rethrow_exception(m_storageError);
}

LiveContext::LiveContext(RunServices services, protocol::RunSpec spec, fs::path folder,
                         const LiveControl& control, EventSink sink)
    : SharedContext(services, std::move(spec), std::move(folder))
    , m_control(control)
    , m_sink(std::move(sink))
{}

void LiveContext::artifact(std::string_view name, const TensorMap&)
{
    throw Error("a preview stores no artifacts, but the study gave '" + std::string(name) + "'");
}

void LiveContext::file(std::string_view name, std::string_view)
{
    throw Error("a preview stores no files, but the study gave '" + std::string(name) + "'");
}

void LiveContext::saveModel(std::string_view name, const models::Network&, models::ModelCard)
{
    throw Error("a preview stores no models, but the study gave '" + std::string(name) + "'");
}

void LiveContext::emitEvent(protocol::Event event)
{
    m_control.checkpoint(); // nothing of a superseded preview is sent
    m_sink(std::move(event));
}

} // namespace assay::engine
