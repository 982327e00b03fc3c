#include "backend/data/formats/idx_format.h"

#include "backend/data/arrays/class_names.h"
#include "backend/data/arrays/file_hash.h"
#include "backend/data/arrays/import_start.h"
#include "backend/data/arrays/resident_dataset.h"
#include "backend/data/arrays/split_rule.h"
#include "backend/data/formats/idx_dataset.h"
#include "backend/data/formats/idx_file.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::data {

namespace {

namespace fs = std::filesystem;
using protocol::Finding;

constexpr std::string_view kImages = "images-idx3-ubyte";
constexpr std::string_view kLabels = "labels-idx1-ubyte";
constexpr std::size_t kMaxFiles = 10'000;

struct IdxPair
{
    fs::path images;
    fs::path labels;
    bool isTest = false;
};

fs::path labelsFor(const fs::path& images)
{
    std::string name = images.filename().string();
    const std::size_t at = name.find(kImages);
    if (at == std::string::npos)
        return {};
    name.replace(at, kImages.size(), kLabels);
    if (name.ends_with(".gz"))
        name.resize(name.size() - 3);
    std::error_code code;
    for (const char* ending : {"", ".gz"}) {
        const fs::path file = images.parent_path() / (name + ending);
        if (fs::is_regular_file(file, code))
            return file;
    }
    return {};
}

bool saysTest(const fs::path& file)
{
    const std::string name = file.filename().string();
    return name.find("test") != std::string::npos || name.find("t10k") != std::string::npos;
}

/// All pairs in a folder, or the one of a file, sorted by name.
std::vector<IdxPair> pairsAt(const fs::path& location)
{
    std::error_code code;
    std::vector<fs::path> files;
    if (fs::is_directory(location, code)) {
        std::size_t seen = 0;
        for (const auto& entry : fs::directory_iterator(location, code)) {
            if (++seen > kMaxFiles)
                break;
            files.push_back(entry.path());
        }
    } else {
        const std::string name = location.filename().string();
        std::string images = name;
        if (const std::size_t at = name.find(kLabels); at != std::string::npos)
            images.replace(at, kLabels.size(), kImages);
        if (images.ends_with(".gz"))
            images.resize(images.size() - 3);
        for (const char* ending : {"", ".gz"}) {
            const fs::path file = location.parent_path() / (images + ending);
            if (files.empty() && fs::is_regular_file(file, code))
                files = {file};
        }
    }
    std::ranges::sort(files);
    std::vector<IdxPair> pairs;
    for (const fs::path& file : files) {
        if (const fs::path labels = labelsFor(file); !labels.empty())
            pairs.push_back({.images = file, .labels = labels, .isTest = saysTest(file)});
    }
    return pairs;
}

ResidentPart readPair(const IdxPair& pair)
{
    ResidentPart part{.pixels = readIdx(pair.images, 3).unsqueeze(1),
                      .labels = readIdx(pair.labels, 1).to(torch::kInt64)};
    if (part.pixels.size(0) != part.labels.size(0))
        throw Error("holds " + std::to_string(part.labels.size(0)) + " labels for " +
                        std::to_string(part.pixels.size(0)) + " images",
                    pair.labels.string(), "Fetch both files again from the same source.");
    return part;
}

ResidentPart selected(const ResidentPart& part, const torch::Tensor& ids)
{
    return {.pixels = part.pixels.index_select(0, ids), .labels = part.labels.index_select(0, ids)};
}

std::shared_ptr<const Dataset> openPairs(const fs::path& location, DatasetInfo info)
{
    const std::vector<IdxPair> pairs = pairsAt(location);
    if (pairs.empty())
        throw Error("holds no pair of IDX files", location.string(),
                    "Files must be named NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte.");
    if (pairs.size() > 2 || (pairs.size() == 2 && pairs[0].isTest == pairs[1].isTest))
        throw Error("holds " + std::to_string(pairs.size()) +
                        " pairs of IDX files, not one for training and one "
                        "for testing",
                    location.string(), "Keep each data set in a folder of its own, or choose one file.");
    std::vector<fs::path> files;
    for (const IdxPair& pair : pairs) {
        files.push_back(pair.images);
        files.push_back(pair.labels);
    }
    ResidentPart first = readPair(pairs[0]);
    ResidentPart second;
    if (pairs.size() == 2) {
        second = readPair(pairs[1]);
        if (pairs[0].isTest)
            std::swap(first, second);
    } else {
        const auto [train, test] = hashSplit(first.labels.size(0));
        second = selected(first, test);
        first = selected(first, train);
    }
    return std::make_shared<ResidentDataset>(std::move(info), std::move(first), std::move(second),
                                             hashFiles(files), location.string());
}

std::shared_ptr<const Dataset> openAt(const fs::path& location, DatasetInfo info)
{
    std::error_code code;
    const bool isFolder = fs::is_directory(location, code);
    if (info.classes.empty())
        info.classes = readClassNames((isFolder ? location : location.parent_path()) / "classes.txt");
    if (isFolder && IdxDataset::present(location))
        return std::make_shared<IdxDataset>(location, std::move(info));
    return openPairs(location, std::move(info));
}

bool recognises(const fs::path& location)
{
    return !pairsAt(location).empty();
}

DataImport inspect(const fs::path& location, const DataCorrections& corrections)
{
    DataImport import = startImport(location, kIdxFormat.name, corrections);
    import.card.options = Json::object();
    const auto set = openAt(import.card.location, import.card.info);
    finishImport(import, *set);
    const DatasetInfo& info = set->info();
    import.findings.push_back({Finding::Level::Info, std::to_string(info.trainCount) + " training and " +
                                                         std::to_string(info.testCount) + " test images of " +
                                                         std::to_string(info.height) + " x " +
                                                         std::to_string(info.width) + " pixels, grey, in " +
                                                         std::to_string(info.classes.size()) + " classes."});
    if (pairsAt(location).size() == 1)
        import.findings.push_back(
            {Finding::Level::Info,
             "A fixed fifth of the samples, chosen by a hash of their number, is the test split."});
    return import;
}

std::shared_ptr<const Dataset> open(const DataCard& card)
{
    return openAt(card.location, card.info);
}

} // namespace

const DataFormat kIdxFormat = {
    .name = "idx", .title = "IDX files", .recognises = recognises, .inspect = inspect, .open = open};

} // namespace assay::data
