#include "backend/engine/importing/data_cards.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <set>

namespace assay::engine {

namespace fs = std::filesystem;

DataCards::DataCards(fs::path folder)
    : m_folder(std::move(folder))
{}

std::vector<DataCards::Entry> DataCards::list() const
{
    std::vector<fs::path> files;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(m_folder, code)) {
        const fs::path& file = entry.path();
        if (file.extension() == ".json" && !file.filename().string().starts_with('.'))
            files.push_back(file);
    }
    std::ranges::sort(files);
    std::vector<Entry> entries;
    std::set<std::string> names;
    for (const fs::path& file : files) {
        Entry entry{file, {}, {}};
        try {
            entry.card = data::readDataCard(file);
        } catch (const Error& error) {
            entry.card.info.name = file.stem().string();
            entry.problem = error.what();
        }
        if (names.insert(entry.card.info.name).second)
            entries.push_back(std::move(entry));
    }
    return entries;
}

std::optional<DataCards::Entry> DataCards::find(const std::string& name) const
{
    for (Entry& entry : list()) {
        if (entry.card.info.name == name)
            return std::move(entry);
    }
    return std::nullopt;
}

std::shared_ptr<const data::Dataset> DataCards::open(const Entry& entry) const
{
    if (!entry.problem.empty())
        throw Error(entry.problem.ends_with('.') ? entry.problem.substr(0, entry.problem.size() - 1)
                                                 : entry.problem,
                    {}, "Remove the card, or import the data set anew.");
    const std::string key = entry.card.info.name + "\n" + data::toJson(entry.card).dump();
    // Held while reading: two jobs that ask for the same set at once share one copy.
    const std::lock_guard lock(m_mutex);
    std::weak_ptr<const data::Dataset>& slot = m_open[key];
    if (auto open = slot.lock())
        return open;
    std::shared_ptr<const data::Dataset> opened = data::dataFormat(entry.card.info.format).open(entry.card);
    if (!entry.card.sha256.empty() && opened->hash() != entry.card.sha256)
        throw Error("the files are no longer those that were imported: the SHA-256 differs",
                    entry.card.location.string(), "Put the old files back, or import the changed ones anew.");
    slot = opened;
    return opened;
}

} // namespace assay::engine
