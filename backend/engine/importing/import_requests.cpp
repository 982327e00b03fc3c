#include "backend/engine/importing/import_requests.h"

#include "backend/engine/importing/model_inspection.h"
#include "backend/engine/request_params.h"

namespace assay::engine {

using namespace protocol;

namespace {

Json valuesOf(const Json& params)
{
    return memberOf(params, "values").is_null() ? Json::object() : objectOf(params, "values");
}

Json named(const Importer::Added& added)
{
    return {{"kind", added.kind}, {"name", added.name}};
}

} // namespace

std::optional<Reply> answerImport(Engine& engine, const Request& request)
{
    const Json& params = request.params;
    const auto ok = [&](Json json) { return Reply{request.id, true, std::move(json), {}, {}}; };
    if (request.method == "import.inspect")
        return ok(toJson(engine.importer().inspect(textOf(params, "path"), valuesOf(params))));
    if (request.method == "import.add")
        return ok(named(engine.addImport(textOf(params, "path"), valuesOf(params))));
    if (request.method == "import.remove")
        return ok({{"undo", engine.removeImport(textOf(params, "kind"), textOf(params, "name"))}});
    if (request.method == "import.restore")
        return ok(named(engine.restoreImport(textOf(params, "undo"))));
    if (request.method == "model.inspect")
        return ok(modelInspection(engine, textOf(params, "model"), flagOf(params, "measure")));
    return std::nullopt;
}

} // namespace assay::engine
