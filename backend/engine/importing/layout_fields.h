#pragma once

#include "backend/protocol/schema.h"

#include <optional>
#include <vector>

namespace assay::engine {

/// The fields of an import form that describe how a detector's answer is laid out, besides `layout` itself:
/// those that the layout of @p output has, with their values. See models/detection/output_layout.h.
std::vector<protocol::Field> layoutFields(const Json& output);

/// Those of every layout.
std::vector<protocol::Field> allLayoutFields();

/// What of @p given corrects a card's output: `layout`, and such fields as differ from @p found, the form of
/// the file without corrections. nullopt when nothing does.
std::optional<Json> layoutCorrections(const Json& given, const Json& found);

} // namespace assay::engine
