#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay::data {

/// SHA-256 in hex over the contents of @p files, one after another.
/// @throws Error when one cannot be read.
std::string hashFiles(const std::vector<std::filesystem::path>& files);

} // namespace assay::data
