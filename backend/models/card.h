#pragma once

#include "backend/models/model.h"

#include <cstdint>
#include <filesystem>

namespace assay::models {

Json toJson(const ModelCard& card);

/// @throws Error naming @p where and the field that is missing, of a wrong type or out of range.
ModelCard cardFromJson(const Json& json, const std::string& where);

inline constexpr std::uintmax_t kMaxCardBytes = 1 << 20;

/// @throws Error also when the file is missing, larger than 1 MiB or no JSON.
ModelCard readCard(const std::filesystem::path& file);
void writeCard(const std::filesystem::path& file, const ModelCard& card);

} // namespace assay::models
