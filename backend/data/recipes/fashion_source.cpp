#include "backend/data/recipes/fashion_source.h"

#include "backend/data/arrays/resident_dataset.h"
#include "backend/data/formats/idx_dataset.h"
#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <torch/types.h>

namespace assay::data {

namespace {

constexpr std::int64_t kFashionSide = 28;
constexpr std::size_t kFashionClasses = 10;
const std::string kFashionPackage = "dataset-fashion-mnist";

std::string pixelsHash(const torch::Tensor& images)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(QByteArray::fromRawData(static_cast<const char*>(images.data_ptr()),
                                         static_cast<qsizetype>(images.numel())));
    return hash.result().toHex().toStdString();
}

} // namespace

SourcePackage fashionPackage()
{
    return {SourcePackage::Registry::Debian, kFashionPackage, "0.0~git20200523.55506a9-1",
            "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0", "MIT"};
}

std::shared_ptr<const Dataset> openFashionPackage(const BuildFolders& folders)
{
    return std::make_shared<IdxDataset>(folders.packages.at(kFashionPackage) /
                                            "usr/share/datasets/fashion-mnist",
                                        DatasetInfo{.name = "fashion-mnist"});
}

void requireFashion(const Dataset& set, const char* purpose)
{
    const DatasetInfo& info = set.info();
    if (info.channels != 1 || info.height != kFashionSide || info.width != kFashionSide ||
        info.classes.size() != kFashionClasses)
        throw Error(std::string("is not Fashion-MNIST, of which ") + purpose, info.name);
}

std::shared_ptr<const Dataset> residentSet(const DatasetInfo& info, const DrawnSet& set)
{
    std::vector<std::int64_t> rows[2];
    for (std::size_t i = 0; i < set.inTest.size(); ++i)
        rows[set.inTest[i]].push_back(static_cast<std::int64_t>(i));
    const auto part = [&](const std::vector<std::int64_t>& wanted) {
        const torch::Tensor ids = torch::tensor(wanted, torch::kInt64);
        return ResidentPart{.pixels = set.images.index_select(0, ids),
                            .labels = set.labels.index_select(0, ids),
                            .samples = selectSamples(set.samples, ids)};
    };
    return std::make_shared<ResidentDataset>(info, part(rows[0]), part(rows[1]), pixelsHash(set.images),
                                             info.name);
}

} // namespace assay::data
