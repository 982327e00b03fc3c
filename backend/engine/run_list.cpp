#include "backend/engine/run_list.h"

#include "backend/engine/event_log.h"
#include "backend/engine/files.h"
#include "backend/protocol/error.h"
#include "backend/protocol/event.h"

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

const char* const kEndedBefore = "The engine ended before the run did.";

Json unreadable(const fs::path& folder, const std::string& why)
{
    return {{"run", folder.filename().string()},
            {"study", ""},
            {"title", folder.filename().string()},
            {"state", "failed"},
            {"started", 0},
            {"seconds", 0},
            {"error", why},
            {"seed", 0},
            {"device", ""},
            {"bytes", folderBytes(folder)}};
}

/// Fills in what a summary lacks or holds as another type, so that readers need not check.
Json completed(Json summary, const fs::path& folder)
{
    Json result = unreadable(folder, "");
    for (auto& [key, value] : result.items()) {
        const auto it = summary.find(key);
        if (it != summary.end() && it->is_number() == value.is_number() &&
            it->is_string() == value.is_string())
            value = *it;
    }
    result["run"] = folder.filename().string();
    return result;
}

bool isRunId(const std::string& id)
{
    return !id.empty() && id.front() != '.' && id.size() <= 255 &&
           std::ranges::all_of(
               id, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool isInside(const fs::path& file, const fs::path& folder)
{
    const fs::path relative = fs::weakly_canonical(file).lexically_relative(fs::weakly_canonical(folder));
    return !relative.empty() && *relative.begin() != "..";
}

} // namespace

Json runSummary(const fs::path& folder)
{
    Json summary;
    try {
        const Json stored = readJsonFile(folder / "summary.json");
        if (!stored.is_object())
            return unreadable(folder, (folder / "summary.json").string() + ": this is no run summary.");
        summary = completed(stored, folder);
    } catch (const std::exception& error) {
        return unreadable(folder, error.what());
    }
    const auto state = protocol::runStateFromName(summary["state"].get<std::string>());
    if (protocol::isFinal(state))
        return summary;
    if (EventLog::isBeingWritten(folder / "events.cbor")) {
        summary["state"] = protocol::name(protocol::RunState::Running);
    } else {
        summary["state"] = protocol::name(protocol::RunState::Failed);
        summary["error"] = kEndedBefore;
    }
    summary["bytes"] = folderBytes(folder);
    return summary;
}

Json listRuns(const fs::path& runsFolder)
{
    std::vector<Json> runs;
    std::error_code error;
    for (fs::directory_iterator it(runsFolder, error), end; !error && it != end; it.increment(error)) {
        const fs::path folder = it->path();
        if (!isRunId(folder.filename().string()) || !fs::exists(folder / "spec.json", error))
            continue;
        runs.push_back(runSummary(folder));
    }
    std::ranges::sort(runs, [](const Json& a, const Json& b) {
        const double first = a["started"], second = b["started"];
        return first != second ? first > second : a["run"].get<std::string>() > b["run"].get<std::string>();
    });
    return runs;
}

fs::path runFolder(const fs::path& runsFolder, const std::string& id)
{
    if (!isRunId(id))
        throw Error("'" + id.substr(0, 80) + "' is no id of a run", {}, "See 'assay-cli list runs'");
    fs::path folder = runsFolder / id;
    std::error_code error;
    if (!fs::exists(folder / "spec.json", error))
        throw Error("there is no run '" + id + "' in " + runsFolder.string(), {},
                    "See 'assay-cli list runs'");
    return folder;
}

void deleteRun(const fs::path& runsFolder, const std::string& id)
{
    const fs::path folder = runFolder(runsFolder, id);
    if (EventLog::isBeingWritten(folder / "events.cbor"))
        throw Error("the run is not over", id, "Cancel it before deleting it");
    // Renamed first, so that a crash half-way leaves no folder that looks like a run.
    const fs::path doomed = runsFolder / (".deleted-" + id);
    std::error_code error;
    fs::rename(folder, doomed, error);
    if (error)
        throwFileError(error.value(), folder);
    fs::remove_all(doomed, error);
    if (error)
        throwFileError(error.value(), doomed);
}

std::string readRunFile(const fs::path& folder, const std::string& file, std::uint64_t offset,
                        std::uint64_t length, std::uint64_t& size)
{
    const fs::path path = folder / file;
    std::error_code error;
    if (file.empty() || fs::path(file).is_absolute() || !isInside(path, folder))
        throw Error("this file does not belong to the run", file.substr(0, 200));
    if (!fs::is_regular_file(path, error))
        throw Error("the run has no such file", file.substr(0, 200));
    QFile device(QString::fromStdString(path.string()));
    if (!device.open(QIODevice::ReadOnly))
        throw Error("the file cannot be read", path.string(), "Check its permissions");
    size = static_cast<std::uint64_t>(device.size());
    if (offset >= size || !device.seek(static_cast<qint64>(offset)))
        return {};
    return device.read(static_cast<qint64>(std::min(length, kMaxFilePart))).toStdString();
}

} // namespace assay::engine
