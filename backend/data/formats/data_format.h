#pragma once

#include "backend/data/dataset.h"
#include "backend/protocol/finding.h"
#include "backend/protocol/json.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::data {

/// The card WORKSPACE/data/NAME.json of an imported data set: where its files are and how to read them.
struct DataCard
{
    DatasetInfo info;               ///< as found when imported; `info.format` names the reader
    std::filesystem::path location; ///< file or folder, absolute; in a file also relative to the card
    Json options = Json::object();  ///< of the format: image size, split rule, label column, ...
    std::string sha256;             ///< Dataset::hash() when imported: what is compared when it is opened
};

/// What a file or folder from outside was recognised as, before it is imported.
struct DataImport
{
    DataCard card;
    std::vector<std::string> asks; ///< options nobody can know but the user
    protocol::Findings findings;   ///< what was found (counts, skipped files), what looks wrong
};

/// What the user corrected; absent members keep what was found.
struct DataCorrections
{
    std::optional<std::string> name;
    std::optional<std::string> title;
    std::optional<std::vector<std::string>> classes;
    std::optional<std::string> licence;
    std::optional<std::string> note;
    Json options = Json::object(); ///< members replace those of the card
};

/// A way in which data sets are kept in files. Files are hostile until parsed, as in ModelFormat.
struct DataFormat
{
    const char* name;  ///< in cards: "folder"
    const char* title; ///< "Image folder"
    /// By content and layout; @p location is a file or a folder. Cheap: reads heads and a directory or two.
    bool (*recognises)(const std::filesystem::path& location);
    DataImport (*inspect)(const std::filesystem::path& location, const DataCorrections& corrections);
    /// @throws Error when files are missing or malformed.
    std::shared_ptr<const Dataset> (*open)(const DataCard& card);
};

/// In the order in which they are asked whether they recognise a location.
const std::vector<const DataFormat*>& dataFormats();

/// @throws Error naming the known formats.
const DataFormat& dataFormat(const std::string& name);

/// The format of @p location, or nullptr when none recognises it. @throws Error when it cannot be read.
const DataFormat* recogniseData(const std::filesystem::path& location);

Json toJson(const DataCard& card);
/// @throws Error naming @p where and the field that is missing, of a wrong type or out of range.
DataCard dataCardFromJson(const Json& json, const std::string& where);
/// @throws Error also when the file is missing, larger than 1 MiB or no JSON.
DataCard readDataCard(const std::filesystem::path& file);
/// Atomic. @throws Error when it cannot be written.
void writeDataCard(const std::filesystem::path& file, const DataCard& card);

} // namespace assay::data
