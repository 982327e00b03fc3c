#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace assay::data {

/// Class names from a text file, one a line; empty lines are left out, a missing file gives none.
/// @throws Error for more than 4096 names or one of more than 200 bytes.
std::vector<std::string> readClassNames(const std::filesystem::path& file);

/// Without @p classes, names them "0", "1", ... up to the highest label.
/// @param labels int64 [N] each. @throws Error naming @p where when a label is negative or has no class.
void nameClasses(std::vector<std::string>& classes, const std::vector<torch::Tensor>& labels,
                 const std::string& where);

inline constexpr std::int64_t kMaxClasses = 4096;

} // namespace assay::data
