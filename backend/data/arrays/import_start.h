#pragma once

#include "backend/data/formats/data_format.h"

namespace assay::data {

/// A card for @p location with what the user corrected, before anything is read: name and title from the
/// file or folder when not given, licence "unknown".
DataImport startImport(const std::filesystem::path& location, const char* format,
                       const DataCorrections& corrections);

/// Takes over what opening found: counts, sizes, classes, attributes and hash.
void finishImport(DataImport& import, const Dataset& set);

} // namespace assay::data
