#pragma once

#include <string>
#include <vector>

namespace assay::cli {

/// Rows of texts in aligned columns, two spaces apart; the first row is the heading. Widths count characters
/// of UTF-8, not bytes.
std::string textTable(const std::vector<std::vector<std::string>>& rows);

} // namespace assay::cli
