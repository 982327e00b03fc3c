#pragma once

#include "backend/attacks/registry.h"
#include "backend/attacks/scripted/script_verdicts.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::attacks {

/// Raised when what a script is given, must answer or may do changes: what was found out about one then no
/// longer counts.
inline constexpr int kScriptInterface = 1;

/// How long one call of a script may take while it is tried.
inline constexpr std::chrono::seconds kScriptTrialTime{2};

/// An attack from a TorchScript file, as docs/scripted-attacks.md describes: `step` moves the images along
/// the gradient, and `transform`, where there is one, is what the network sees of them. All the rest
/// (batches, threads, the gradient, the ball and the box, targets, judging) is GradientAttack's.
struct ScriptAttack
{
    /// Id "script:NAME" with the file's name in lower case, what is no [a-z0-9._-] replaced by '-'; its
    /// sha256 is the file's.
    AttackEntry entry;
    /// A sentence about what works but is doubtful: results that depend on the batch. Empty else.
    std::string warning;
    bool transforms = false; ///< has a `transform`
    /// The script's own among entry.info.parameters.
    std::vector<protocol::Field> parameters;
};

/// What is known about a script before it is opened.
struct ScriptHint
{
    std::string name;  ///< of the id; empty: made of the file's name
    std::string title; ///< empty: the script's own, or the file's name
    /// Where the verdict on this very file is looked up and, when it is not there, put; null: it is tried and
    /// nothing is kept.
    ScriptVerdicts* verdicts = nullptr;
    bool tryAgain = false; ///< whatever was found out before
};

/// Opens @p file, checks its signatures, and runs it for two steps on grey and on coloured images of random
/// pixels, where each call has kScriptTrialTime.
/// @throws Error naming the file: no sound TorchScript, operators that are not let through, other arguments
/// or answers than asked for, numbers that are not finite, a transform without gradient, no answer in time.
ScriptAttack openScriptAttack(const std::filesystem::path& file, const ScriptHint& hint = {});

} // namespace assay::attacks
