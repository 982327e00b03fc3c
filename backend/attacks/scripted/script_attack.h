#pragma once

#include "backend/attacks/registry.h"

#include <filesystem>
#include <string>

namespace assay::attacks {

/// An attack from a TorchScript file, as docs/scripted-attacks.md describes: `step` moves the images along
/// the gradient, and `transform`, where there is one, is what the network sees of them. All the rest
/// (batches, threads, the gradient, the ball and the box, targets, judging) is GradientAttack's.
struct ScriptAttack
{
    /// Id "script:NAME" with the file's name in lower case, what is no [a-z0-9._-] replaced by '-'.
    AttackEntry entry;
    /// A sentence about what works but is doubtful: results that depend on the batch. Empty else.
    std::string warning;
};

/// Opens @p file, checks its signatures, and runs it for two steps on grey and on coloured images of random
/// pixels; each call has two seconds.
/// @throws Error naming the file: no sound TorchScript, operators that are not let through, other arguments
/// or answers than asked for, numbers that are not finite, a transform without gradient, no answer in time.
ScriptAttack openScriptAttack(const std::filesystem::path& file);

} // namespace assay::attacks
