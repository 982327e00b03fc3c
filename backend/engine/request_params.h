#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::engine {

// Members of a request's params. Each throws Error naming the member and what it must be.

/// The member, or null when it is absent.
const Json& memberOf(const Json& params, const char* key);
std::string textOf(const Json& params, const char* key);
std::uint64_t numberOf(const Json& params, const char* key);
Json objectOf(const Json& params, const char* key);
bool flagOf(const Json& params, const char* key);                      ///< false when absent
std::vector<std::string> textsOf(const Json& params, const char* key); ///< empty when absent
std::vector<std::int64_t> numbersOf(const Json& params, const char* key, std::size_t most);

} // namespace assay::engine
