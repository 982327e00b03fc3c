#pragma once

#include <string>

namespace assay::reporting {

/// @p text as a part of the name of a figure, table or artifact: "Plain training" -> "plain-training",
/// "script:mine" -> "script-mine". Small letters, digits, '.' and '_' stay; anything else is one hyphen.
std::string outputName(const std::string& text);

} // namespace assay::reporting
