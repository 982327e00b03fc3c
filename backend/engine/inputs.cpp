#include "backend/engine/inputs.h"

#include "backend/engine/importing/file_warning.h"
#include "backend/engine/importing/foreign_files.h"
#include "backend/models/card.h"
#include "backend/protocol/error.h"

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
               std::vector<std::filesystem::path> dataFolders, std::filesystem::path ownData,
               std::filesystem::path patches)
    : m_models(std::move(modelFolders))
    , m_datasets(withDefaults(std::move(dataFolders)))
    , m_dataCards(std::move(ownData))
    , m_patches(std::move(patches))
{}

models::ModelCard Inputs::foreignCard(const std::string& path) const
{
    const auto stamp = stampOf(path);
    {
        const std::lock_guard lock(m_foreignMutex);
        const auto it = m_foreign.find(path);
        if (it != m_foreign.end() && stamp && it->second.first == *stamp)
            return it->second.second;
    }
    models::ModelCard card = foreignModelCard(path);
    const std::lock_guard lock(m_foreignMutex);
    if (stamp)
        m_foreign[path] = {*stamp, card};
    return card;
}

std::shared_ptr<const models::Model> Inputs::foreignModel(const std::string& path, torch::Device device)
{
    const models::ModelCard card = foreignCard(path);
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& kept : m_keptModels) {
            if (kept->card().file == card.file && kept->card().sha256 == card.sha256 &&
                kept->device() == device)
                return kept;
        }
    }
    return openModel(card, device);
}

void Inputs::requireItsRun(const std::filesystem::path& cardFile)
{
    const models::ModelCard card = models::readCard(cardFile);
    if (const std::string deleted = deletedRun(cardFile, card); !deleted.empty())
        throw Error(deleted, "model '" + card.name + "'",
                    "Run the study again, or remove the model from the library.");
}

std::shared_ptr<const models::Model> Inputs::model(const std::string& nameOrPath, torch::Device device)
{
    if (!isForeignModel(nameOrPath))
        requireItsRun(m_models.cardFile(nameOrPath));
    auto model =
        isForeignModel(nameOrPath) ? foreignModel(nameOrPath, device) : m_models.open(nameOrPath, device);
    const std::lock_guard lock(m_mutex);
    keep(m_keptModels, model, kModelsKept);
    return model;
}

bool Inputs::isKnown(const std::string& dataset) const
{
    const auto known = m_datasets.list();
    return std::ranges::find(known, dataset, &data::DatasetInfo::name) != known.end();
}

std::shared_ptr<const data::Dataset> Inputs::openDataset(const std::string& nameOrPath)
{
    if (isKnown(nameOrPath))
        return m_datasets.open(nameOrPath);
    if (const auto own = m_dataCards.find(nameOrPath))
        return m_dataCards.open(*own);
    return m_datasets.open(nameOrPath); // a path is recognised there, or refused
}

std::shared_ptr<const data::Dataset> Inputs::dataset(const std::string& nameOrPath)
{
    auto dataset = openDataset(nameOrPath);
    const std::lock_guard lock(m_mutex);
    keep(m_keptDatasets, dataset, kDatasetsKept);
    return dataset;
}

void Inputs::requireModel(const std::string& nameOrPath) const
{
    if (isForeignModel(nameOrPath)) {
        foreignCard(nameOrPath);
        return;
    }
    const std::filesystem::path card = m_models.cardFile(nameOrPath); // throws for an unknown name
    std::error_code error;
    if (!std::filesystem::exists(card, error))
        throw Error("there is no such model", card.string(), "See 'assay-cli list models'");
    requireItsRun(card);
}

void Inputs::requireDataset(const std::string& nameOrPath) const
{
    const auto known = m_datasets.list();
    const auto it = std::ranges::find(known, nameOrPath, &data::DatasetInfo::name);
    std::error_code error;
    if (it != known.end()) {
        if (!it->available)
            m_datasets.open(nameOrPath); // ends at once, with the sentence that says how to get it
    } else if (const auto own = m_dataCards.find(nameOrPath)) {
        if (!own->problem.empty())
            m_dataCards.open(*own);
    } else if (!std::filesystem::is_directory(nameOrPath, error) &&
               (!std::filesystem::exists(nameOrPath, error) || !data::recogniseData(nameOrPath))) {
        m_datasets.open(nameOrPath); // ends at once, with the sentence about unknown names
    }
}

std::vector<data::DatasetInfo> Inputs::allDatasets() const
{
    std::vector<data::DatasetInfo> all = m_datasets.list();
    for (const DataCards::Entry& entry : m_dataCards.list()) {
        if (std::ranges::find(all, entry.card.info.name, &data::DatasetInfo::name) != all.end())
            continue;
        all.push_back(entry.card.info);
        all.back().available = entry.problem.empty();
        all.back().problem = entry.problem;
    }
    return all;
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
