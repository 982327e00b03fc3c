#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/json.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/scene.h"
#include "backend/protocol/table.h"

#include <cstdint>
#include <string>
#include <variant>

namespace assay::protocol {

struct RunStarted
{
    std::string run; ///< folder name of the run
    RunSpec spec;
    Json provenance; ///< version, commit, libraries, device, input hashes (filled in as inputs are opened)
    double time = 0; ///< seconds since the epoch, UTC
    bool operator==(const RunStarted&) const = default;
};

struct Progress
{
    std::string stage;
    double done = 0;
    double total = 0;   ///< 0 when unknown
    double seconds = 0; ///< since the stage began
    bool operator==(const Progress&) const = default;
};

enum class LogLevel { Debug, Info, Warning, Error };

struct LogLine
{
    LogLevel level = LogLevel::Info;
    std::string text;
    double time = 0;
    bool operator==(const LogLine&) const = default;
};

struct Artifact
{
    std::string name;
    std::string kind; ///< "model", "tensors", "file"
    std::string file; ///< relative to the run folder
    std::string sha256;
    std::uint64_t bytes = 0;
    bool operator==(const Artifact&) const = default;
};

enum class RunState { Queued, Running, Cancelling, Finished, Failed, Cancelled };

struct RunFinished
{
    RunState state = RunState::Finished; ///< Finished, Failed or Cancelled
    std::string error;                   ///< the sentence when failed
    double seconds = 0;                  ///< wall time
    Json provenance;                     ///< complete: see RunStarted, plus wall time and peak memory
    bool operator==(const RunFinished&) const = default;
};

using Event = std::variant<RunStarted, Progress, LogLine, Figure, Table, ImageGrid, Scene, Metric, Artifact,
                           RunFinished>;

const char* name(RunState state);
RunState runStateFromName(std::string_view name); ///< Failed for an unknown name
/// Finished, Failed and Cancelled are final: such a job never starts again.
bool isFinal(RunState state);

} // namespace assay::protocol
