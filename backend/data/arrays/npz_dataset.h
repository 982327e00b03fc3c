#pragma once

#include "backend/data/dataset.h"
#include "backend/protocol/finding.h"
#include "backend/protocol/json.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace assay::data {

/// What reading a NPZ file gave. Without a set, `asks` names the options that could not be found out.
struct NpzReading
{
    std::shared_ptr<const Dataset> set; ///< shared with the studies that use it; nullptr: see asks
    Json options = Json::object();      ///< all of them, as found or as given
    std::vector<std::string> asks;
    protocol::Findings findings;
};

/// Reads images, labels and what else is there from arrays (see docs/data.md for the names and options).
/// @param info name, title, class names (empty: from the file) and texts.
/// @param options of the card; absent ones are found out.
/// @throws Error naming file and array for malformed ones, a value that is no number, an option that does not
///         fit, or images that take more than Dataset::kMaxResidentBytes.
NpzReading readNpzDataset(const std::filesystem::path& location, DatasetInfo info, const Json& options);

} // namespace assay::data
