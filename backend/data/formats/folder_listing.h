#pragma once

#include "backend/data/images/image_rows.h"
#include "backend/protocol/finding.h"

#include <filesystem>
#include <string>

namespace assay::data {

/// The pictures below a folder with a folder a class, sorted by their names' bytes, and what was passed over.
struct FolderListing
{
    ImageRows rows;
    bool hasSplits = false; ///< the classes lie below train/, test/, val/
    protocol::Findings findings;
};

/// Reads directories only. Hidden files, files with other endings than a picture's, names that are no UTF-8,
/// folders inside class folders and (unless @p outside) linked folders are passed over and counted in the
/// findings. Names like train, training; test, testing; val, valid, validation count in any case, when no
/// other folder stands beside them or both a train folder and another of them are there; val is used for
/// testing when there is no test.
/// @throws Error when there are no class folders with pictures; too many pictures or classes.
FolderListing listFolder(const std::filesystem::path& folder, bool outside);

/// Whether @p folder looks like one of pictures: reads the beginnings of a few directories.
bool looksLikeImageFolder(const std::filesystem::path& folder);

} // namespace assay::data
