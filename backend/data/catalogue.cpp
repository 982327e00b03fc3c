#include "backend/data/catalogue.h"

#include "backend/data/formats/idx_dataset.h"
#include "backend/protocol/error.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSystemRoot = "/usr/share/datasets";
constexpr std::size_t kMaxClasses = 256; // labels are bytes
constexpr std::size_t kMaxClassName = 200;

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

std::string namesOfAll()
{
    std::string names;
    for (const Known& set : known())
        names += (names.empty() ? "" : ", ") + set.info.name;
    return names;
}

/// classes.txt is optional; without it the labels name themselves.
std::vector<std::string> readClasses(const fs::path& file)
{
    std::ifstream input(file);
    std::vector<std::string> classes;
    for (std::string line; std::getline(input, line);) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (line.empty())
            continue;
        if (classes.size() == kMaxClasses || line.size() > kMaxClassName)
            throw Error("must hold at most " + std::to_string(kMaxClasses) + " names of at most " +
                            std::to_string(kMaxClassName) + " bytes, one a line",
                        file.string());
        classes.push_back(line);
    }
    return classes;
}

std::shared_ptr<const Dataset> openFolder(const fs::path& folder)
{
    DatasetInfo info;
    info.name = folder.lexically_normal().string();
    info.title =
        folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
    info.source = folder.string();
    info.licence = "unknown";
    info.classes = readClasses(folder / "classes.txt");
    return std::make_shared<IdxDataset>(folder, std::move(info));
}

} // namespace

DatasetCatalogue::DatasetCatalogue(std::vector<fs::path> searchRoots)
    : m_roots(std::move(searchRoots))
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
    return result;
}

std::shared_ptr<const Dataset> DatasetCatalogue::open(const std::string& nameOrPath) const
{
    // One lock over reading too: two jobs that ask for the same set at once share one copy.
    const std::lock_guard lock(m_mutex);
    std::weak_ptr<const Dataset>& slot = m_open[nameOrPath];
    if (auto open = slot.lock())
        return open;
    std::shared_ptr<const Dataset> opened;
    for (const Known& set : known()) {
        if (set.info.name != nameOrPath)
            continue;
        const fs::path folder = folderOf(nameOrPath);
        if (folder.empty())
            throw notInstalled(set);
        opened = std::make_shared<IdxDataset>(folder, set.info);
    }
    std::error_code code;
    if (!opened && fs::is_directory(nameOrPath, code))
        opened = openFolder(nameOrPath);
    if (!opened) {
        m_open.erase(nameOrPath);
        throw Error("is neither a known data set nor a folder", nameOrPath,
                    "Known data sets: " + namesOfAll() + ".");
    }
    slot = opened;
    return opened;
}

} // namespace assay::data
