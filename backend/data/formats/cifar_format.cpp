#include "backend/data/formats/cifar_format.h"

#include "backend/arrays/mapped_file.h"
#include "backend/data/arrays/class_names.h"
#include "backend/data/arrays/file_hash.h"
#include "backend/data/arrays/import_start.h"
#include "backend/data/arrays/resident_dataset.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::data {

namespace {

namespace fs = std::filesystem;
using protocol::Finding;

constexpr std::int64_t kPixels = 3 * 32 * 32;
constexpr std::int64_t kMaxRecords = Dataset::kMaxResidentBytes / (kPixels + 2);
constexpr int kBatches = 5;

/// The files of one of the two versions.
struct CifarFiles
{
    fs::path folder;
    std::vector<fs::path> train;
    fs::path test;
    bool isHundred = false;
};

bool isFile(const fs::path& file)
{
    std::error_code code;
    return fs::is_regular_file(file, code);
}

std::optional<CifarFiles> filesIn(const fs::path& folder)
{
    CifarFiles files{.folder = folder};
    for (int i = 1; i <= kBatches; ++i) {
        const fs::path batch = folder / ("data_batch_" + std::to_string(i) + ".bin");
        if (isFile(batch))
            files.train.push_back(batch);
    }
    if (!files.train.empty()) {
        files.test = folder / "test_batch.bin";
        return files;
    }
    if (!isFile(folder / "train.bin") || !isFile(folder / "test.bin"))
        return std::nullopt;
    files.train = {folder / "train.bin"};
    files.test = folder / "test.bin";
    files.isHundred = true;
    return files;
}

/// In @p location itself, or in the folders that the archives unpack to.
std::optional<CifarFiles> findFiles(const fs::path& location)
{
    std::error_code code;
    const fs::path folder = fs::is_directory(location, code) ? location : location.parent_path();
    for (const char* below : {"", "cifar-10-batches-bin", "cifar-100-binary"}) {
        if (auto files = filesIn(folder / below))
            return files;
    }
    return std::nullopt;
}

CifarFiles requireFiles(const fs::path& location)
{
    auto files = findFiles(location);
    if (!files)
        throw Error("holds neither data_batch_1.bin nor train.bin and test.bin", location.string(),
                    "Unpack the binary version of CIFAR-10 or CIFAR-100 there.");
    if (!isFile(files->test))
        throw Error("lacks " + files->test.filename().string(), files->folder.string(),
                    "Unpack the whole archive.");
    return *files;
}

/// Labels as they stand in the file, and pixels, of all files one after another.
struct Records
{
    torch::Tensor pixels; ///< uint8 [N,3,32,32]
    torch::Tensor labels; ///< uint8 [N,1], or [N,2]: coarse, fine
};

torch::Tensor readRecords(const fs::path& file, std::int64_t recordBytes)
{
    const arrays::MappedFile mapped(file);
    const auto size = static_cast<std::int64_t>(mapped.bytes().size());
    if (size == 0 || size % recordBytes != 0)
        throw Error("has " + std::to_string(size) + " bytes, no whole number of records of " +
                        std::to_string(recordBytes),
                    file.string(), "Fetch the file again.");
    if (size / recordBytes > kMaxRecords)
        throw Error("holds " + std::to_string(size / recordBytes) + " images; at most " +
                        std::to_string(kMaxRecords) + " fit into memory",
                    file.string());
    // Only looked at while the file is mapped: both halves are copied out below.
    return torch::from_blob(const_cast<std::uint8_t*>(mapped.bytes().data()),
                            {size / recordBytes, recordBytes}, torch::kUInt8)
        .clone();
}

Records readAll(const std::vector<fs::path>& files, bool isHundred)
{
    const std::int64_t labelBytes = isHundred ? 2 : 1;
    std::vector<torch::Tensor> pixels;
    std::vector<torch::Tensor> labels;
    for (const fs::path& file : files) {
        const torch::Tensor records = readRecords(file, kPixels + labelBytes);
        labels.push_back(records.slice(1, 0, labelBytes).contiguous());
        pixels.push_back(records.slice(1, labelBytes).contiguous());
    }
    return {.pixels = torch::cat(pixels).view({-1, 3, 32, 32}), .labels = torch::cat(labels)};
}

std::vector<std::string> namesOr(const fs::path& file, std::size_t count)
{
    std::vector<std::string> names = readClassNames(file);
    for (std::size_t i = names.size(); names.size() < count; ++i)
        names.push_back(std::to_string(i));
    return names;
}

ResidentPart toPart(const Records& records, const CifarFiles& files, const std::string& where)
{
    ResidentPart part{.pixels = records.pixels,
                      .labels = records.labels.select(1, files.isHundred ? 1 : 0).to(torch::kInt64)};
    if (!files.isHundred)
        return part;
    Attribute coarse{.name = "coarse", .values = namesOr(files.folder / "coarse_label_names.txt", 20)};
    coarse.codes = records.labels.select(1, 0).to(torch::kInt32);
    const auto highest = coarse.codes.max().item<std::int32_t>();
    if (highest >= static_cast<std::int32_t>(coarse.values.size()))
        throw Error("the superclass " + std::to_string(highest) + " has no name; " +
                        std::to_string(coarse.values.size()) + " are known",
                    where, "Fetch the file again.");
    part.samples.attributes.push_back(std::move(coarse));
    return part;
}

std::shared_ptr<const Dataset> openFiles(const CifarFiles& files, DatasetInfo info)
{
    if (info.classes.empty())
        info.classes = files.isHundred ? namesOr(files.folder / "fine_label_names.txt", 100)
                                       : namesOr(files.folder / "batches.meta.txt", 10);
    ResidentPart train = toPart(readAll(files.train, files.isHundred), files, files.train.front().string());
    ResidentPart test = toPart(readAll({files.test}, files.isHundred), files, files.test.string());
    std::vector<fs::path> all = files.train;
    all.push_back(files.test);
    return std::make_shared<ResidentDataset>(std::move(info), std::move(train), std::move(test),
                                             hashFiles(all), files.folder.string());
}

bool recognises(const fs::path& location)
{
    std::error_code code;
    if (!fs::is_directory(location, code) && location.extension() != ".bin")
        return false;
    return findFiles(location).has_value();
}

DataImport inspect(const fs::path& location, const DataCorrections& corrections)
{
    DataImport import = startImport(location, kCifarFormat.name, corrections);
    const CifarFiles files = requireFiles(location);
    import.card.location = fs::absolute(files.folder).lexically_normal();
    import.card.options = Json::object();
    const auto set = openFiles(files, import.card.info);
    finishImport(import, *set);
    const DatasetInfo& info = set->info();
    import.findings.push_back(
        {Finding::Level::Info, std::string(files.isHundred ? "CIFAR-100" : "CIFAR-10") +
                                   " binary version: " + std::to_string(info.trainCount) + " training and " +
                                   std::to_string(info.testCount) + " test images in " +
                                   std::to_string(info.classes.size()) + " classes."});
    if (!files.isHundred && files.train.size() < kBatches)
        import.findings.push_back(
            {Finding::Level::Warning, "Only " + std::to_string(files.train.size()) +
                                          " of 5 training batches are there: unpack the whole archive."});
    return import;
}

std::shared_ptr<const Dataset> open(const DataCard& card)
{
    return openFiles(requireFiles(card.location), card.info);
}

} // namespace

const DataFormat kCifarFormat = {
    .name = "cifar", .title = "CIFAR binary", .recognises = recognises, .inspect = inspect, .open = open};

} // namespace assay::data
