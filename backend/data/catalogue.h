#pragma once

#include "backend/data/dataset.h"
#include "backend/data/formats/data_format.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assay::data {

/// The data sets known by name, those that have cards, and files and folders opened by path. Safe from any
/// thread.
///
/// Names are looked for among the known sets first, then among the cards NAME.json of the card folders, then
/// among ROOT/NAME/card.json of the search roots, each in the order given and by file name. A name that is
/// taken already hides what comes later, and problems() says so.
class DatasetCatalogue
{
public:
    /// @param searchRoots folders that hold one folder per data set ("fashion-mnist"), tried in order.
    /// @param cardFolders folders of data cards, such as a workspace's data folder.
    explicit DatasetCatalogue(std::vector<std::filesystem::path> searchRoots = defaultSearchRoots(),
                              std::vector<std::filesystem::path> cardFolders = {});

    /// The folders of the environment variable ASSAY_DATA (separated by colons), the user's own (XDG data
    /// home /assay/data), then the system's.
    static std::vector<std::filesystem::path> defaultSearchRoots();

    /// Every known data set, then those with cards. Those not installed, or whose files are gone, have
    /// available == false and say in `problem` how to mend it. `warning` says when files are newer than the
    /// card (of a folder: when something was added or removed in it or directly below it). Reads no pixels.
    std::vector<DatasetInfo> list() const;

    /// A sentence for every card that cannot be read or whose name is taken.
    std::vector<std::string> problems() const;

    /// Opens by name, or by the path of anything that a data format recognises, as it was found, without
    /// asking. A set that is still in use somewhere is shared, not read again; hence shared_ptr.
    /// @throws Error for an unknown name, a set that is not installed, a file that needs answers from the
    ///         user, or malformed files.
    std::shared_ptr<const Dataset> open(const std::string& nameOrPath) const;

private:
    struct Card
    {
        std::filesystem::path file;
        DataCard card;
    };
    std::filesystem::path folderOf(const std::string& name) const; ///< empty when not installed
    std::vector<Card> cards(std::vector<std::string>* problems) const;
    std::shared_ptr<const Dataset> read(const std::string& nameOrPath,
                                        const std::optional<DataCard>& card) const;
    std::optional<DataCard> cardOf(const std::string& name) const;

    std::vector<std::filesystem::path> m_roots;
    std::vector<std::filesystem::path> m_cardFolders;
    mutable std::mutex m_mutex;                                         ///< guards m_open
    mutable std::map<std::string, std::weak_ptr<const Dataset>> m_open; ///< by name or path, and card
};

} // namespace assay::data
