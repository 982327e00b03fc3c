#pragma once

#include "backend/engine/importing/data_cards.h"
#include "backend/engine/importing/file_stamp.h"
#include "backend/models/model.h"

#include <filesystem>
#include <string>

namespace assay::engine {

/// Of a model that a run saved and whose weights went with it when it was deleted: who made it and what to
/// do, "the run 'X' that made it was deleted". Empty where the weights are there, or no run is known.
std::string deletedRun(const std::filesystem::path& cardFile, const models::ModelCard& card);

/// One sentence when the file of an imported model is gone or has changed, else empty. Content is hashed only
/// when size and time do not tell.
/// @param cardFile the card, which holds the stamp of the import.
std::string modelWarning(const std::filesystem::path& cardFile, const models::ModelCard& card,
                         FileHashes& hashes);

/// The same for a data set; its files are not read: a changed list or time of files is said.
std::string dataWarning(const DataCards::Entry& entry);

} // namespace assay::engine
