#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::protocol {

/// The up to @p most names of @p known nearest to @p name by edit distance (or that contain it), best first;
/// those too far to be a slip of the pen are left out.
std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known,
                                 std::size_t most = 3);

/// "Did you mean 'a' or 'b'?", or "Known are a, b, c" when nothing is near; empty when nothing is known.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

} // namespace assay::protocol
