#pragma once

#include <nlohmann/json.hpp>

namespace assay {

/// Objects keep the order in which they were written, so that specs and cards read as their author meant.
using Json = nlohmann::ordered_json;

} // namespace assay
