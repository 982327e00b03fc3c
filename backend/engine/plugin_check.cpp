#include "backend/engine/plugin_check.h"

#include "backend/engine/plugin_trust.h"
#include "backend/protocol/error.h"

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <optional>

namespace assay::engine {

namespace {

/// Each try but the last sets a plugin aside.
constexpr int kMostTries = 16;
/// Above what a plugin is given to load, so that the process itself says which one it was.
constexpr int kTryMs = 1000 * 2 * static_cast<int>(PluginTrust::kLoadSeconds);

/// @returns what it wrote, or nothing when it crashed.
std::optional<std::string> listOnce(const QString& program)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::SeparateChannels);
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardErrorFile(QProcess::nullDevice()); // what plugins print there is not asked for
    process.start(program, {QStringLiteral("list"), QStringLiteral("plugins"), QStringLiteral("--json")});
    if (!process.waitForFinished(kTryMs)) {
        const bool started = process.error() != QProcess::FailedToStart;
        process.kill();
        process.waitForFinished();
        throw Error(started ? "the plugins were not listed in time"
                            : "the engine cannot be started a second time",
                    program.toStdString(), "Check that assay-cli runs from a terminal");
    }
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return std::nullopt;
    return process.readAllStandardOutput().toStdString();
}

} // namespace

std::vector<PluginRecord> checkPlugins(const std::filesystem::path& program)
{
    for (int i = 0; i < kMostTries; ++i) {
        const auto text = listOnce(QString::fromStdString(program.string()));
        // A plugin may print to standard output while it is loaded, before the list, or end the process.
        const auto start = text ? text->find("{\n") : std::string::npos;
        if (start == std::string::npos)
            continue;
        const Json json = Json::parse(text->substr(start), nullptr, false);
        if (!json.is_object() || !json.contains("plugins") || !json["plugins"].is_array())
            continue;
        std::vector<PluginRecord> records;
        for (const Json& item : json["plugins"])
            records.push_back(pluginFromJson(item));
        return records;
    }
    throw Error("the engine does not start with these plugins", program.string(),
                "Remove the newest ones from the plugin folder");
}

} // namespace assay::engine
