#include "backend/engine/inputs.h"

#include <algorithm>

namespace assay::engine {

namespace {

std::vector<std::filesystem::path> withDefaults(std::vector<std::filesystem::path> folders)
{
    const auto system = data::DatasetCatalogue::defaultSearchRoots();
    folders.insert(folders.end(), system.begin(), system.end());
    return folders;
}

/// Moves @p value to the front; the one used longest ago falls out at the end.
template <class T>
void keep(std::deque<T>& kept, const T& value, std::size_t most)
{
    std::erase(kept, value);
    kept.push_front(value);
    if (kept.size() > most)
        kept.pop_back();
}

} // namespace

Inputs::Inputs(std::vector<std::filesystem::path> modelFolders,
               std::vector<std::filesystem::path> dataFolders)
    : m_models(std::move(modelFolders))
    , m_datasets(withDefaults(std::move(dataFolders)))
{}

std::shared_ptr<const models::Model> Inputs::model(const std::string& nameOrPath, torch::Device device)
{
    auto model = m_models.open(nameOrPath, device);
    const std::lock_guard lock(m_mutex);
    keep(m_keptModels, model, kModelsKept);
    return model;
}

std::shared_ptr<const data::Dataset> Inputs::dataset(const std::string& nameOrPath)
{
    auto dataset = m_datasets.open(nameOrPath);
    const std::lock_guard lock(m_mutex);
    keep(m_keptDatasets, dataset, kDatasetsKept);
    return dataset;
}

void InputRecord::add(const char* kind, const std::string& name, const std::string& hash)
{
    const std::lock_guard lock(m_mutex);
    m_json[kind][name] = hash;
}

Json InputRecord::json() const
{
    const std::lock_guard lock(m_mutex);
    return m_json;
}

} // namespace assay::engine
