#include "backend/protocol/event.h"

#include <array>
#include <utility>

namespace assay::protocol {

namespace {

constexpr std::array<std::pair<RunState, const char*>, 6> kStates = {{
    {RunState::Queued, "queued"},
    {RunState::Running, "running"},
    {RunState::Cancelling, "cancelling"},
    {RunState::Finished, "finished"},
    {RunState::Failed, "failed"},
    {RunState::Cancelled, "cancelled"},
}};

} // namespace

const char* name(RunState state)
{
    for (const auto& [value, text] : kStates) {
        if (value == state)
            return text;
    }
    return "failed";
}

RunState runStateFromName(std::string_view name)
{
    for (const auto& [value, text] : kStates) {
        if (name == text)
            return value;
    }
    return RunState::Failed;
}

bool isFinal(RunState state)
{
    return state == RunState::Finished || state == RunState::Failed || state == RunState::Cancelled;
}

} // namespace assay::protocol
