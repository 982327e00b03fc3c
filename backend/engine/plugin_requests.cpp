#include "backend/engine/plugin_requests.h"

#include "backend/engine/catalogue.h"
#include "backend/engine/files.h"
#include "backend/engine/request_params.h"
#include "backend/protocol/error.h"

namespace assay::engine {

using namespace protocol;

namespace {

/// Permission is for the bytes that the user was shown.
void allowPlugin(const PluginHost& plugins, const Json& params)
{
    const PluginRecord record = plugins.record(textOf(params, "file"));
    if (sha256OfFile(record.file) != textOf(params, "sha256"))
        throw Error("the file has changed since it was shown", record.file.string(),
                    "Look at it again before you allow it");
    plugins.trust().allow(record.file);
}

void enablePlugin(const PluginHost& plugins, const Json& params)
{
    const PluginRecord record = plugins.record(textOf(params, "file"));
    if (record.id.empty())
        throw Error("a plugin without an id is never loaded", record.file.string(),
                    "Remove it from the plugin folder");
    plugins.trust().setDisabled(record.id, record.file, !flagOf(params, "enabled"));
}

} // namespace

std::optional<Reply> answerPlugins(Engine& engine, const Request& request)
{
    const Json& params = request.params;
    if (request.method == "plugin.check")
        engine.changePlugins([](const PluginHost&) {});
    else if (request.method == "plugin.allow")
        engine.changePlugins([&](const PluginHost& plugins) { allowPlugin(plugins, params); });
    else if (request.method == "plugin.enable")
        engine.changePlugins([&](const PluginHost& plugins) { enablePlugin(plugins, params); });
    else
        return std::nullopt;
    return Reply{request.id, true, {{"plugins", pluginsJson(engine)}}, {}, {}};
}

} // namespace assay::engine
