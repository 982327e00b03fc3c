#include "backend/engine/patch_requests.h"

#include "backend/engine/catalogue.h"
#include "backend/engine/request_params.h"
#include "backend/engine/run_list.h"
#include "backend/engine/run_writer.h"
#include "backend/protocol/error.h"

namespace assay::engine {

using namespace protocol;

namespace {

/// A patch that a run left as an artifact, with what is to be remembered of where it comes from.
attacks::Patch patchOfRun(const Engine& engine, const Json& params)
{
    const std::string run = textOf(params, "run");
    const std::string artifact = textOf(params, "artifact");
    checkOutputName("an artifact", artifact);
    const auto folder = runFolder(engine.workspace().runs(), run);
    attacks::Patch patch = attacks::readPatch(folder / "artifacts" / (artifact + ".safetensors"));
    const Json summary = runSummary(folder);
    patch.origin = {{"run", run}, {"artifact", artifact}};
    for (const char* key : {"study", "title", "started"})
        patch.origin[key] = summary.value(key, Json());
    return patch;
}

attacks::Patch patchOfFile(const Json& params)
{
    const std::string path = textOf(params, "path");
    attacks::Patch patch = attacks::readPatch(path);
    patch.origin = {{"path", path}, {"sha256", patch.sha256}};
    return patch;
}

} // namespace

std::optional<Reply> answerPatches(Engine& engine, const Request& request)
{
    const Json& params = request.params;
    if (request.method == "patch.keep") {
        attacks::Patch patch = params.contains("path") ? patchOfFile(params) : patchOfRun(engine, params);
        patch.name = textOf(params, "name");
        return Reply{request.id, true, {{"patch", toJson(engine.keepPatch(patch))}}, {}, {}};
    }
    if (request.method == "patch.remove") {
        engine.removePatch(textOf(params, "name"));
        return Reply{request.id, true, Json::object(), {}, {}};
    }
    return std::nullopt;
}

} // namespace assay::engine
