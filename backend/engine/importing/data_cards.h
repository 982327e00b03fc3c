#pragma once

#include "backend/data/formats/data_format.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay::engine {

/// The data sets that were imported into a workspace: the cards NAME.json of its data folder. Safe from any
/// thread.
class DataCards
{
public:
    explicit DataCards(std::filesystem::path folder);

    struct Entry
    {
        std::filesystem::path file;
        data::DataCard card;
        std::string problem; ///< when the card cannot be read: the sentence; then only the name is there
    };
    /// By file name; the first card of a name wins.
    std::vector<Entry> list() const;
    std::optional<Entry> find(const std::string& name) const;

    /// Opens a data set. One that is still in use somewhere is shared, not read again; hence shared_ptr.
    /// @throws Error when its files are missing, malformed or no longer those that were imported.
    std::shared_ptr<const data::Dataset> open(const Entry& entry) const;

private:
    std::filesystem::path m_folder;
    mutable std::mutex m_mutex; ///< guards m_open
    mutable std::map<std::string, std::weak_ptr<const data::Dataset>> m_open;
};

} // namespace assay::engine
