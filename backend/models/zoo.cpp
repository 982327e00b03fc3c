#include "backend/models/zoo.h"

#include "backend/models/card.h"
#include "backend/models/model_file.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <optional>
#include <set>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

/// Levenshtein distance: insertions, deletions and replacements.
std::size_t editDistance(const std::string& a, const std::string& b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string nearest(const std::string& name, std::vector<std::string> known)
{
    constexpr std::size_t kShown = 3;
    std::stable_sort(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
        return editDistance(name, a) < editDistance(name, b);
    });
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, known.size()); ++i)
        text += (i == 0 ? "" : ", ") + known[i];
    return text;
}

bool isPath(const std::string& nameOrPath)
{
    return nameOrPath.find('/') != std::string::npos || nameOrPath.ends_with(".safetensors") ||
           nameOrPath.ends_with(".json");
}

/// A card's weights lie beside it, or it names their file; other JSON files in the folder are none of ours.
bool isCardFile(const fs::path& file)
{
    if (file.extension() != ".json" || file.filename().string().starts_with('.'))
        return false;
    std::error_code code;
    if (fs::exists(fs::path(file).replace_extension(".safetensors"), code))
        return true;
    if (fs::file_size(file, code) > kMaxCardBytes || code)
        return false;
    std::ifstream input(file, std::ios::binary);
    const Json json = Json::parse(input, nullptr, false);
    return json.is_object() && json.contains("format") && json.contains("file");
}

} // namespace

ModelLibrary::ModelLibrary(std::vector<fs::path> folders)
    : m_folders(std::move(folders))
{}

std::vector<fs::path> ModelLibrary::cardFiles() const
{
    std::vector<fs::path> files;
    for (const fs::path& folder : m_folders) {
        std::vector<fs::path> found;
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(folder, code)) {
            if (isCardFile(entry.path()))
                found.push_back(entry.path());
        }
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

std::vector<ListedModel> ModelLibrary::listed() const
{
    std::vector<ListedModel> models;
    std::set<std::string> names;
    for (fs::path& file : cardFiles()) {
        try {
            ModelCard card = readCard(file);
            if (names.insert(card.name).second)
                models.push_back({std::move(card), std::move(file)});
        } catch (const Error&) {
            continue; // reported by problems()
        }
    }
    return models;
}

std::vector<ModelCard> ModelLibrary::list() const
{
    std::vector<ModelCard> cards;
    for (ListedModel& model : listed())
        cards.push_back(std::move(model.card));
    return cards;
}

std::vector<std::string> ModelLibrary::problems() const
{
    std::vector<std::string> sentences;
    for (const fs::path& file : cardFiles()) {
        try {
            readCard(file);
        } catch (const Error& error) {
            sentences.emplace_back(error.what());
        }
    }
    return sentences;
}

fs::path ModelLibrary::cardFile(const std::string& nameOrPath) const
{
    if (isPath(nameOrPath)) {
        fs::path file = nameOrPath;
        if (file.extension() == ".safetensors")
            file.replace_extension(".json");
        return file;
    }
    std::vector<std::string> known;
    for (const fs::path& file : cardFiles()) {
        try {
            known.push_back(readCard(file).name);
        } catch (const Error&) {
            continue;
        }
        if (known.back() == nameOrPath)
            return file;
    }
    throw Error("there is no model '" + nameOrPath + "'", {},
                known.empty() ? "No model was found; train one with `assay-cli zoo train`."
                              : "The nearest names are: " + nearest(nameOrPath, known) + ".");
}

std::shared_ptr<const Model> ModelLibrary::open(const std::string& nameOrPath, torch::Device device) const
{
    const fs::path file = cardFile(nameOrPath);
    const std::string key = file.string() + "|" + readCard(file).sha256 + "|" + device.str();
    // Held while loading: two jobs that ask for the same model at once share one.
    const std::lock_guard lock(m_mutex);
    std::weak_ptr<const Model>& slot = m_open[key];
    if (auto open = slot.lock())
        return open;
    std::shared_ptr<const Model> opened = loadModel(file, device);
    slot = opened;
    return opened;
}

} // namespace assay::models
