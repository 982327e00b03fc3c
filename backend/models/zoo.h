#pragma once

#include "backend/models/model.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace assay::models {

/// A model of a library, and where its card lies.
struct ListedModel
{
    ModelCard card;
    std::filesystem::path file;
};

/// The models of some folders, by name. Safe from any thread.
class ModelLibrary
{
public:
    /// @param folders searched in order; the first model of a name wins. Folders may be absent.
    explicit ModelLibrary(std::vector<std::filesystem::path> folders);

    /// Cards of all models, by folder and then by name. A malformed card is left out here; see problems().
    std::vector<ModelCard> list() const;
    /// The same with their files. Reads each card once, which cardFile() for every one of them would not.
    std::vector<ListedModel> listed() const;

    /// One sentence for each card that cannot be read.
    std::vector<std::string> problems() const;

    /// Opens by name, or by the path of a card or safetensors file. A model that is still in use somewhere is
    /// shared, not loaded again; hence shared_ptr. The file's hash is checked against its card.
    /// @throws Error for an unknown name (with the nearest known ones) or a model that cannot be loaded.
    std::shared_ptr<const Model> open(const std::string& nameOrPath, torch::Device device) const;

    /// The card's file of a model. @throws Error for an unknown name.
    std::filesystem::path cardFile(const std::string& nameOrPath) const;

private:
    std::vector<std::filesystem::path> cardFiles() const;

    std::vector<std::filesystem::path> m_folders;
    mutable std::mutex m_mutex;                                       ///< guards m_open
    mutable std::map<std::string, std::weak_ptr<const Model>> m_open; ///< key: file, hash and device
};

} // namespace assay::models
