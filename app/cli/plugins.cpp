#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "backend/engine/plugin_record.h"
#include "backend/engine/plugin_trust.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <cstdio>
#include <filesystem>

namespace assay::cli {

namespace {

std::filesystem::path fileOf(const std::string& word)
{
    return std::filesystem::absolute(word).lexically_normal();
}

int allow(const std::string& word)
{
    const auto file = fileOf(word);
    const std::string hash = engine::PluginTrust(engine::configFolder()).allow(file);
    std::printf("%s may run as long as its SHA-256 is %s.\n", file.c_str(), hash.c_str());
    return kDone;
}

/// @param word the plugin's id, or a file of which the id is read. None of its code runs.
int enable(const std::string& word, bool on)
{
    engine::PluginRecord record{.file = fileOf(word), .id = word};
    if (word.find('/') != std::string::npos)
        readPluginMetadata(record);
    engine::PluginTrust(engine::configFolder()).setDisabled(record.id, record.file, !on);
    std::printf("The plugin %s is switched %s.\n", record.id.c_str(), on ? "on" : "off");
    return kDone;
}

int plugins(const Words& words)
{
    const Arguments arguments("plugins", words, {});
    const auto& rest = arguments.rest(1, 2, "'list', 'allow FILE', 'enable ID' or 'disable ID'");
    const std::string& action = rest[0];
    if (action == "list" && rest.size() == 1)
        return kList.run({"plugins"});
    if (action != "allow" && action != "enable" && action != "disable")
        throw Error("'plugins' has no action '" + action + "'", {},
                    protocol::suggestion(action, {"list", "allow", "enable", "disable"}));
    if (rest.size() != 2)
        throw Error("'plugins " + action + "' needs " +
                        (action == "allow" ? "the file of a plugin" : "the id of a plugin"),
                    {}, "See 'assay-cli plugins --help'");
    return action == "allow" ? allow(rest[1]) : enable(rest[1], action == "enable");
}

} // namespace

const Command kPlugins = {
    "plugins", "list plugins, allow one from outside to run, switch one on or off",
    "usage: assay-cli plugins list\n"
    "       assay-cli plugins allow FILE\n"
    "       assay-cli plugins enable|disable ID\n\n"
    "A plugin is native code and may do whatever you may do. One that did not come with Assay\n"
    "runs only after 'allow', and only while its file has the same SHA-256. 'allow' also gives\n"
    "a plugin that crashed while it was loaded another chance. 'disable' keeps a plugin from being\n"
    "loaded, also one that came with Assay; a file stands for the id in it. Plugins are looked for\n"
    "in the application's own folder, in $XDG_DATA_HOME/assay/plugins and in the folders of\n"
    "$ASSAY_PLUGIN_PATH.\n",
    plugins};

} // namespace assay::cli
