#pragma once

#include <filesystem>

namespace assay::engine {

/// Claims standard input and output for the protocol: afterwards what libraries print to standard output goes
/// to standard error, and what reads standard input finds it empty. Call before any plugin is loaded.
struct ProtocolPipes
{
    int in = -1;
    int out = -1;
    static ProtocolPipes claim();
};

/// Speaks the protocol of docs/protocol.md until its input closes, a `shutdown` request or a broken stream.
/// Running jobs are cancelled first; a study that does not check is left behind after about a second, when
/// the process ends without waiting for it.
/// @returns the exit status: 0, or 2 for a peer of another version or bytes that are no protocol.
int serve(ProtocolPipes pipes, const std::filesystem::path& workspace);

} // namespace assay::engine
