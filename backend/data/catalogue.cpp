#include "backend/data/catalogue.h"

#include "backend/data/formats/idx_dataset.h"
#include "backend/data/recipes/data_recipe.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <sstream>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSystemRoot = "/usr/share/datasets";
constexpr std::size_t kMaxCards = 10'000;
constexpr std::size_t kMaxSetName = 200;

struct Known
{
    DatasetInfo info;
    std::string package;
};

const std::vector<Known>& known()
{
    static const std::vector<Known> sets = {
        {.info =
             {.name = "fashion-mnist",
              .title = "Fashion-MNIST",
              .source =
                  "Debian package dataset-fashion-mnist (Zalando Research; Xiao, Rasul and Vollgraf 2017)",
              .licence = "MIT",
              .note =
                  "Grey product photographs on black. Shirt, T-shirt/top, pullover and coat overlap; some "
                  "labels are disputable.",
              .classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                          "Bag", "Ankle boot"},
              .trainCount = 60000,
              .testCount = 10000,
              .channels = 1,
              .height = 28,
              .width = 28,
              .available = true,
              .problem = {}},
         .package = "dataset-fashion-mnist"},
    };
    return sets;
}

Error notInstalled(const Known& set)
{
    return Error("the data set is not installed", set.info.name,
                 "Run `apt-get install " + set.package +
                     "`, or name the folder above its files in ASSAY_DATA.");
}

Error notBuilt(const DatasetInfo& info)
{
    return Error("the data set is not built yet", info.name, "Run `assay-cli data get " + info.name + "`.");
}

bool isKnown(const std::string& name)
{
    return std::ranges::any_of(known(), [&](const Known& set) { return set.info.name == name; });
}

/// The sentence about an unknown format names the card.
void checkFormat(const DataCard& card, const fs::path& file)
{
    try {
        dataFormat(card.info.format);
    } catch (const Error& error) {
        throw Error(error.happened(), file.string(), error.mend());
    }
}

/// The card files of a folder of cards, by name; at most kMaxCards.
std::vector<fs::path> cardsIn(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
        if (it->path().extension() == ".json" && !it->path().filename().string().starts_with('.'))
            files.push_back(it->path());
        if (files.size() == kMaxCards)
            break;
    }
    std::ranges::sort(files);
    return files;
}

/// ROOT/NAME/card.json of every NAME.
std::vector<fs::path> cardsBelow(const fs::path& root)
{
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator it(root, code), end; !code && it != end; it.increment(code)) {
        std::error_code missing;
        if (fs::is_regular_file(it->path() / "card.json", missing))
            files.push_back(it->path() / "card.json");
        if (files.size() == kMaxCards)
            break;
    }
    std::ranges::sort(files);
    return files;
}

/// Whether @p location, or something directly in a folder, was changed after @p then. Looks at no more than
/// kMaxLookedAt entries.
bool changedSince(const fs::path& location, fs::file_time_type then)
{
    constexpr int kMaxLookedAt = 1000;
    // Files written together with their card may end up a moment younger than it.
    const auto newer = [then](const fs::path& path) {
        std::error_code code;
        const auto time = fs::last_write_time(path, code);
        return !code && time > then + std::chrono::seconds(2);
    };
    if (newer(location))
        return true;
    std::error_code code;
    if (!fs::is_directory(location, code))
        return false;
    int seen = 0;
    for (fs::directory_iterator it(location, code), end; !code && it != end && seen < kMaxLookedAt;
         it.increment(code), ++seen) {
        if (newer(it->path()))
            return true;
    }
    return false;
}

DatasetInfo described(const DataCard& card, const fs::path& file)
{
    DatasetInfo info = card.info;
    std::error_code code;
    if (!fs::exists(card.location, code)) {
        info.available = false;
        info.problem =
            Error("is gone", card.location.string(), "Put the files back, or import the data set again.")
                .what();
        return info;
    }
    const auto written = fs::last_write_time(file, code);
    if (!code && changedSince(card.location, written))
        info.warning = Error("has changed since it was imported", card.location.string(),
                             "Import it again if that was intended.")
                           .what();
    return info;
}

/// The card of a file or folder that is opened by its path, as it was found.
DataCard cardOfPath(const std::string& path)
{
    const DataFormat* format = recogniseData(path);
    if (!format)
        throw Error("holds no data set that is recognised", path,
                    "Known are IDX, CIFAR and NPZ files, image folders, CSV manifests and COCO annotations.");
    DataImport import = format->inspect(path, {});
    for (const protocol::Finding& finding : import.findings) {
        if (finding.level == protocol::Finding::Level::Problem)
            throw Error("cannot be opened as it is", path, finding.text);
    }
    if (!import.asks.empty())
        throw Error("does not say '" + import.asks.front() + "'", path, "Import it, and fill that in.");
    import.card.info.name = fs::path(path).lexically_normal().string();
    return import.card;
}

} // namespace

DatasetCatalogue::DatasetCatalogue(std::vector<fs::path> searchRoots, std::vector<fs::path> cardFolders)
    : m_roots(std::move(searchRoots))
    , m_cardFolders(std::move(cardFolders))
{}

std::vector<fs::path> DatasetCatalogue::defaultSearchRoots()
{
    std::vector<fs::path> roots;
    if (const char* given = std::getenv("ASSAY_DATA")) {
        std::istringstream parts(given);
        for (std::string part; std::getline(parts, part, ':');) {
            if (!part.empty())
                roots.emplace_back(part);
        }
    }
    roots.push_back(userDataRoot());
    roots.emplace_back(kSystemRoot);
    return roots;
}

fs::path DatasetCatalogue::folderOf(const std::string& name) const
{
    for (const fs::path& root : m_roots) {
        if (IdxDataset::present(root / name))
            return root / name;
    }
    return {};
}

std::vector<DatasetCatalogue::Card> DatasetCatalogue::cards(std::vector<std::string>* problems) const
{
    std::vector<fs::path> files;
    for (const fs::path& folder : m_cardFolders)
        std::ranges::copy(cardsIn(folder), std::back_inserter(files));
    for (const fs::path& root : m_roots)
        std::ranges::copy(cardsBelow(root), std::back_inserter(files));
    std::vector<Card> cards;
    std::map<std::string, fs::path> taken;
    for (const fs::path& file : files) {
        try {
            DataCard card = readDataCard(file);
            checkFormat(card, file);
            const std::string& name = card.info.name;
            if (name.empty() || name.size() > kMaxSetName)
                throw Error("has a name of " + std::to_string(name.size()) + " bytes; 1 to " +
                                std::to_string(kMaxSetName) + " are allowed",
                            file.string(), "Correct the data card.");
            const auto [other, free] = taken.emplace(name, file);
            if (isKnown(name) || !free)
                throw Error("the name '" + name + "' is taken by " +
                                (isKnown(name) ? "a known data set" : other->second.string()),
                            file.string(), "Give the data card another name.");
            cards.push_back({file, std::move(card)});
        } catch (const Error& error) {
            if (problems)
                problems->emplace_back(error.what());
        }
    }
    return cards;
}

std::vector<std::string> DatasetCatalogue::problems() const
{
    std::vector<std::string> problems;
    cards(&problems);
    return problems;
}

std::vector<DatasetInfo> DatasetCatalogue::list() const
{
    std::vector<DatasetInfo> result;
    for (const Known& set : known()) {
        result.push_back(set.info);
        if (folderOf(set.info.name).empty()) {
            result.back().available = false;
            result.back().problem = notInstalled(set).what();
        }
    }
    for (const Card& card : cards(nullptr))
        result.push_back(described(card.card, card.file));
    for (const DataRecipe& recipe : dataRecipes()) {
        if (std::ranges::find(result, recipe.info.name, &DatasetInfo::name) != result.end())
            continue;
        result.push_back(recipe.info);
        result.back().available = false;
        result.back().problem = notBuilt(recipe.info).what();
    }
    return result;
}

std::optional<DataCard> DatasetCatalogue::cardOf(const std::string& name) const
{
    for (Card& card : cards(nullptr)) {
        if (card.card.info.name == name)
            return std::move(card.card);
    }
    return std::nullopt;
}

std::shared_ptr<const Dataset> DatasetCatalogue::read(const std::string& nameOrPath,
                                                      const std::optional<DataCard>& card) const
{
    if (card)
        return dataFormat(card->info.format).open(*card);
    for (const Known& set : known()) {
        if (set.info.name != nameOrPath)
            continue;
        const fs::path folder = folderOf(nameOrPath);
        if (folder.empty())
            throw notInstalled(set);
        return std::make_shared<IdxDataset>(folder, set.info);
    }
    std::error_code code;
    if (!fs::exists(nameOrPath, code)) {
        for (const DataRecipe& recipe : dataRecipes()) {
            if (recipe.info.name == nameOrPath)
                throw notBuilt(recipe.info);
        }
        std::string names;
        for (const DatasetInfo& info : list())
            names += (names.empty() ? "" : ", ") + info.name;
        throw Error("is neither a known data set nor a file or folder", nameOrPath,
                    "Known data sets: " + names + ".");
    }
    const DataCard found = cardOfPath(nameOrPath);
    return dataFormat(found.info.format).open(found);
}

std::shared_ptr<const Dataset> DatasetCatalogue::open(const std::string& nameOrPath) const
{
    const std::optional<DataCard> card = isKnown(nameOrPath) ? std::nullopt : cardOf(nameOrPath);
    // With the card in the key, a set that was imported anew is read anew.
    const std::string key = card ? nameOrPath + '\n' + toJson(*card).dump() : nameOrPath;
    // One lock over reading too: two jobs that ask for the same set at once share one copy.
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_open, [](const auto& entry) { return entry.second.expired(); });
    if (const auto it = m_open.find(key); it != m_open.end()) {
        if (auto open = it->second.lock())
            return open;
    }
    auto opened = read(nameOrPath, card);
    m_open[key] = opened;
    return opened;
}

} // namespace assay::data
