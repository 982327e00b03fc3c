#pragma once

#include "backend/arrays/zip_archive.h"

namespace assay::arrays {

/// The entries of an archive, folders left out, every claim checked as ZipArchive's head says.
/// @param where the file, for messages.
std::vector<ZipEntry> readZipDirectory(std::span<const std::uint8_t> file, const std::string& where);

} // namespace assay::arrays
