#include "backend/data/formats/idx_dataset.h"

#include "backend/data/formats/idx_file.h"
#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <QFile>
#include <torch/types.h>

#include <array>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 2> kPrefixes = {"train", "t10k"};
constexpr const char* kImagesEnding = "-images-idx3-ubyte";
constexpr const char* kLabelsEnding = "-labels-idx1-ubyte";
constexpr std::int64_t kMaxIdxSide = 4096;

/// The file as named or compressed; empty when there is neither.
fs::path find(const fs::path& folder, const std::string& name)
{
    std::error_code code;
    for (const char* ending : {"", ".gz"}) {
        const fs::path file = folder / (name + ending);
        if (fs::is_regular_file(file, code))
            return file;
    }
    return {};
}

fs::path require(const fs::path& folder, const std::string& name)
{
    const fs::path file = find(folder, name);
    if (file.empty())
        throw Error("lacks " + name + " (or " + name + ".gz)", folder.string(),
                    "Put the four files of an MNIST-style data set into this folder.");
    return file;
}

void addToHash(QCryptographicHash& hash, const fs::path& file)
{
    QFile input(QString::fromStdString(file.string()));
    if (!input.open(QIODevice::ReadOnly) || !hash.addData(&input))
        throw Error("cannot be read", file.string(), "Check the file's permissions.");
}

} // namespace

bool IdxDataset::present(const fs::path& folder)
{
    for (const std::string prefix : kPrefixes) {
        if (find(folder, prefix + kImagesEnding).empty() || find(folder, prefix + kLabelsEnding).empty())
            return false;
    }
    return true;
}

IdxDataset::IdxDataset(const fs::path& folder, DatasetInfo info)
    : m_info(std::move(info))
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (std::size_t i = 0; i < kPrefixes.size(); ++i) {
        const fs::path images = require(folder, std::string(kPrefixes[i]) + kImagesEnding);
        const fs::path labels = require(folder, std::string(kPrefixes[i]) + kLabelsEnding);
        Part& part = m_parts[i];
        part.pixels = readIdx(images, 3).unsqueeze(1);
        part.labels = readIdx(labels, 1).to(torch::kInt64);
        if (part.pixels.size(0) != part.labels.size(0))
            throw Error("holds " + std::to_string(part.labels.size(0)) + " labels for " +
                            std::to_string(part.pixels.size(0)) + " images",
                        labels.string(), "Fetch both files again from the same source.");
        addToHash(hash, images);
        addToHash(hash, labels);
    }
    const torch::Tensor& train = m_parts[0].pixels;
    const torch::Tensor& test = m_parts[1].pixels;
    if (train.sizes().slice(1) != test.sizes().slice(1))
        throw Error("training images are " + std::to_string(train.size(2)) + " x " +
                        std::to_string(train.size(3)) + " pixels, test images " +
                        std::to_string(test.size(2)) + " x " + std::to_string(test.size(3)),
                    folder.string(), "Use files of one data set.");
    if (train.size(2) < 1 || train.size(3) < 1 || train.size(2) > kMaxIdxSide || train.size(3) > kMaxIdxSide)
        throw Error("images are " + std::to_string(train.size(2)) + " x " + std::to_string(train.size(3)) +
                        " pixels; sides must be 1 to " + std::to_string(kMaxIdxSide),
                    folder.string());
    checkLabels(folder);
    m_info.trainCount = train.size(0);
    m_info.testCount = test.size(0);
    m_info.channels = 1;
    m_info.height = train.size(2);
    m_info.width = train.size(3);
    m_hash = hash.result().toHex().toStdString();
}

void IdxDataset::checkLabels(const fs::path& folder)
{
    std::int64_t highest = -1;
    for (const Part& part : m_parts) {
        if (part.labels.numel() > 0)
            highest = std::max(highest, part.labels.max().item<std::int64_t>());
    }
    if (m_info.classes.empty()) {
        for (std::int64_t i = 0; i <= highest; ++i)
            m_info.classes.push_back(std::to_string(i));
    }
    if (highest >= static_cast<std::int64_t>(m_info.classes.size()))
        throw Error("label " + std::to_string(highest) + " has no class name; " +
                        std::to_string(m_info.classes.size()) + " are given",
                    folder.string(), "List every class in classes.txt, one a line.");
}

} // namespace assay::data
