#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "backend/engine/plugin_trust.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <cstdio>
#include <filesystem>

namespace assay::cli {

namespace {

int plugins(const Words& words)
{
    const Arguments arguments("plugins", words, {});
    const auto& rest = arguments.rest(1, 2, "'list' or 'allow FILE'");
    if (rest[0] == "list" && rest.size() == 1)
        return kList.run({"plugins"});
    if (rest[0] != "allow")
        throw Error("'plugins' has no action '" + rest[0] + "'", {},
                    protocol::suggestion(rest[0], {"list", "allow"}));
    if (rest.size() != 2)
        throw Error("'plugins allow' needs the file of a plugin", {}, "See 'assay-cli plugins --help'");
    const auto file = std::filesystem::absolute(rest[1]);
    const std::string hash = engine::PluginTrust(engine::configFolder()).allow(file);
    std::printf("%s may run as long as its SHA-256 is %s.\n", file.c_str(), hash.c_str());
    return kDone;
}

} // namespace

const Command kPlugins = {
    "plugins", "list plugins, or allow one from outside to run",
    "usage: assay-cli plugins list\n"
    "       assay-cli plugins allow FILE\n\n"
    "A plugin is native code and may do whatever you may do. One that did not come with Assay\n"
    "runs only after 'allow', and only while its file has the same SHA-256. 'allow' also gives\n"
    "a plugin that crashed while it was loaded another chance. Plugins are looked for in the\n"
    "application's own folder, in $XDG_DATA_HOME/assay/plugins and in the folders of\n"
    "$ASSAY_PLUGIN_PATH.\n",
    plugins};

} // namespace assay::cli
