#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::models {

/// A name out of a hostile file as it may stand in messages and JSON: at most @p longest bytes, a question
/// mark for every control character and every byte that is not part of valid UTF-8.
std::string printable(std::string_view name, std::size_t longest = 100);

} // namespace assay::models
