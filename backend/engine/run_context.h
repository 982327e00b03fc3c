#pragma once

#include "backend/attacks/attack.h"
#include "backend/attacks/patch/patch_file.h"
#include "backend/data/dataset.h"
#include "backend/models/model.h"
#include "backend/protocol/event.h"
#include "backend/protocol/params.h"

#include <ATen/core/Generator.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace assay::engine {

/// Named tensors: what the cache stores and what a tensors artifact holds. Saved as safetensors.
using TensorMap = std::map<std::string, torch::Tensor>;

/// All that a study may touch while it runs or previews. Made by the engine, one per run or preview; used
/// from the thread that runs the study, except checkpoint(), which any thread of the study may call.
/// Events are stored and sent in the order of the calls.
class RunContext
{
public:
    virtual ~RunContext() = default;

    virtual const protocol::RunSpec& spec() const = 0;
    /// Folder of the run: during a preview, that of the finished run whose parameters were changed.
    virtual const std::filesystem::path& folder() const = 0;
    virtual torch::Device device() const = 0;
    virtual std::uint64_t seed() const = 0;

    /// A workspace name or a path. Opened once per process; its hash goes into the provenance.
    /// @throws Error when there is none or it cannot be read.
    virtual std::shared_ptr<const models::Model> model(const protocol::ModelRef& ref) = 0;
    virtual std::shared_ptr<const data::Dataset> dataset(const protocol::DatasetRef& ref) = 0;

    /// A kept patch by its name in the workspace, or a PNG or safetensors file by its path; its hash goes
    /// into the provenance. A context without a workspace knows paths only.
    /// @throws Error when there is none or it cannot be read.
    virtual attacks::Patch patch(const std::string& nameOrPath);

    /// A generator of this run's own, seeded from the spec's seed and @p stream, so that two uses do not
    /// share numbers and their order does not matter. It draws on the CPU whatever device() is: who needs the
    /// numbers there moves them, and every device gets the same ones.
    virtual at::Generator generator(std::string_view stream) const = 0;

    /// Call often: it is cheap. @p total 0 means unknown.
    virtual void progress(double done, double total, std::string_view stage) = 0;
    /// Throws Cancelled when the user cancelled (or a newer preview superseded this one), and steps aside
    /// while a preview is computed. Call at least once per optimisation step.
    virtual void checkpoint() = 0;
    virtual void log(std::string_view text, protocol::LogLevel level = protocol::LogLevel::Info) = 0;

    virtual void figure(protocol::Figure figure) = 0;
    virtual void table(protocol::Table table) = 0;
    virtual void images(protocol::ImageGrid grid) = 0;
    virtual void scene(protocol::Scene scene) = 0;
    virtual void metric(protocol::Metric metric) = 0;
    /// Writes tensors to artifacts/NAME.safetensors of the run.
    virtual void artifact(std::string_view name, const TensorMap& tensors) = 0;
    /// Writes a file that others read (a picture, a certificate) to artifacts/FILE of the run.
    virtual void file(std::string_view file, std::string_view bytes) = 0;
    /// Writes a model to artifacts/NAME.safetensors with its card beside it, and lists it among the workspace's
    /// models as NAME-RUN, so that every other study can take it; the card's name and hash are filled in.
    virtual void saveModel(std::string_view name, const models::Network& network, models::ModelCard card) = 0;
    /// Reads back an artifact of folder(), for previews. @throws Error when it is not there.
    virtual TensorMap loadArtifact(std::string_view name) const = 0;

    /// Content-addressed store on disk. @p key must hold everything the value depends on (spec fields,
    /// input hashes, method version); a hit returns what an earlier compute returned, on device().
    virtual TensorMap cached(const Json& key, const std::function<TensorMap()>& compute) = 0;

    /// Hooks that tie an attack to this run's progress and cancellation.
    attacks::AttackHooks attackHooks(std::string stage);
};

} // namespace assay::engine
