#pragma once

#include "backend/data/dataset.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace assay::data {

/// The data sets known by name, and folders opened by path. Safe from any thread.
class DatasetCatalogue
{
public:
    /// @param searchRoots folders that hold one folder per data set ("fashion-mnist"), tried in order.
    explicit DatasetCatalogue(std::vector<std::filesystem::path> searchRoots = defaultSearchRoots());

    /// The folders of the environment variable ASSAY_DATA (separated by colons), then the system's.
    static std::vector<std::filesystem::path> defaultSearchRoots();

    /// Every known data set; those not installed have available == false and say in `problem` how to get
    /// them. Reads no pixels.
    std::vector<DatasetInfo> list() const;

    /// Opens by name, or by the path of a folder with the four IDX files (and, optionally, classes.txt with
    /// one class name a line). A set that is still in use somewhere is shared, not read again; hence
    /// shared_ptr.
    /// @throws Error for an unknown name, a set that is not installed, or malformed files.
    std::shared_ptr<const Dataset> open(const std::string& nameOrPath) const;

private:
    std::filesystem::path folderOf(const std::string& name) const; ///< empty when not installed

    std::vector<std::filesystem::path> m_roots;
    mutable std::mutex m_mutex; ///< guards m_open
    mutable std::map<std::string, std::weak_ptr<const Dataset>> m_open;
};

} // namespace assay::data
