#pragma once

#include "backend/attacks/patch/patch_file.h"
#include "backend/data/catalogue.h"
#include "backend/engine/importing/data_cards.h"
#include "backend/engine/importing/file_stamp.h"
#include "backend/models/zoo.h"
#include "backend/protocol/json.h"

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace assay::engine {

/// Opens models and data sets for runs and keeps the ones used last, so that previews find them in memory.
/// Besides names and cards it takes the path of a foreign file, which is then imported in memory only.
/// Safe from any thread.
class Inputs
{
public:
    /// @param ownData the workspace's data folder, with the cards of imported sets; also one of @p
    /// dataFolders.
    /// @param patches its folder of kept patches.
    Inputs(std::vector<std::filesystem::path> modelFolders, std::vector<std::filesystem::path> dataFolders,
           std::filesystem::path ownData = {}, std::filesystem::path patches = {});

    std::shared_ptr<const models::Model> model(const std::string& nameOrPath, torch::Device device);
    std::shared_ptr<const data::Dataset> dataset(const std::string& nameOrPath);

    // Without reading pixels or weights where that can be told. @throws Error as the above would.
    void requireModel(const std::string& nameOrPath) const;
    void requireDataset(const std::string& nameOrPath) const;

    const models::ModelLibrary& models() const { return m_models; }
    const data::DatasetCatalogue& datasets() const { return m_datasets; }
    const DataCards& dataCards() const { return m_dataCards; }
    const attacks::PatchLibrary& patches() const { return m_patches; }
    FileHashes& hashes() const { return m_hashes; }
    /// Known sets, then imported ones.
    std::vector<data::DatasetInfo> allDatasets() const;

    static constexpr std::size_t kModelsKept = 24;
    static constexpr std::size_t kDatasetsKept = 4;

private:
    /// @throws Error naming the deleted run that a model's weights were in.
    static void requireItsRun(const std::filesystem::path& cardFile);
    models::ModelCard foreignCard(const std::string& path) const;
    std::shared_ptr<const models::Model> foreignModel(const std::string& path, torch::Device device);
    std::shared_ptr<const data::Dataset> openDataset(const std::string& nameOrPath);
    bool isKnown(const std::string& dataset) const;

    models::ModelLibrary m_models;
    data::DatasetCatalogue m_datasets;
    DataCards m_dataCards;
    attacks::PatchLibrary m_patches;
    mutable FileHashes m_hashes;
    mutable std::mutex m_foreignMutex; ///< guards m_foreign; not held while a file is read
    mutable std::map<std::string, std::pair<FileStamp, models::ModelCard>> m_foreign;
    std::mutex m_mutex; ///< guards the two below
    std::deque<std::shared_ptr<const models::Model>> m_keptModels;
    std::deque<std::shared_ptr<const data::Dataset>> m_keptDatasets;
};

/// Which inputs a run opened, as the provenance's "inputs": {"models": {NAME: sha256}, "datasets": {...}},
/// and "attacks" where it uses scripted ones, "patches" where it uses kept ones.
class InputRecord
{
public:
    void add(const char* kind, const std::string& name, const std::string& hash);
    Json json() const;

private:
    mutable std::mutex m_mutex; ///< guards m_json
    Json m_json = {{"models", Json::object()}, {"datasets", Json::object()}};
};

} // namespace assay::engine
