#pragma once

#include "backend/data/catalogue.h"
#include "backend/models/zoo.h"
#include "backend/protocol/json.h"

#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace assay::engine {

/// Opens models and data sets for runs and keeps the ones used last, so that previews find them in memory.
/// Safe from any thread.
class Inputs
{
public:
    Inputs(std::vector<std::filesystem::path> modelFolders, std::vector<std::filesystem::path> dataFolders);

    std::shared_ptr<const models::Model> model(const std::string& nameOrPath, torch::Device device);
    std::shared_ptr<const data::Dataset> dataset(const std::string& nameOrPath);

    const models::ModelLibrary& models() const { return m_models; }
    const data::DatasetCatalogue& datasets() const { return m_datasets; }

    static constexpr std::size_t kModelsKept = 24;
    static constexpr std::size_t kDatasetsKept = 4;

private:
    models::ModelLibrary m_models;
    data::DatasetCatalogue m_datasets;
    std::mutex m_mutex; ///< guards the two below
    std::deque<std::shared_ptr<const models::Model>> m_keptModels;
    std::deque<std::shared_ptr<const data::Dataset>> m_keptDatasets;
};

/// Which inputs a run opened, as the provenance's "inputs": {"models": {NAME: sha256}, "datasets": {...}}.
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
