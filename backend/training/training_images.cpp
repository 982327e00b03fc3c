#include "backend/training/training_images.h"

#include "backend/data/images/prefetcher.h"
#include "backend/protocol/error.h"
#include "backend/training/resume_file.h"

#include <QCryptographicHash>
#include <torch/types.h>

#include <algorithm>
#include <optional>

namespace assay::training {

namespace {

class ImagesInMemory final : public TrainingImages
{
public:
    ImagesInMemory(torch::Tensor images, torch::Tensor labels)
        : m_images(std::move(images))
        , m_labels(std::move(labels))
    {}

    std::int64_t size() const override { return m_images.size(0); }

    void begin(const torch::Tensor& order, std::int64_t batch) override
    {
        m_order = order;
        m_batch = batch;
        m_at = 0;
    }

    Batch next() override
    {
        const torch::Tensor ids = m_order.narrow(0, m_at, std::min(m_batch, m_order.size(0) - m_at));
        m_at += ids.size(0);
        return {m_images.index_select(0, ids.to(m_images.device())),
                m_labels.index_select(0, ids.to(m_labels.device()))};
    }

    std::string hash(std::int64_t count) const override
    {
        return setHash(m_images.narrow(0, 0, count), m_labels.narrow(0, 0, count));
    }

private:
    const torch::Tensor m_images;
    const torch::Tensor m_labels;
    torch::Tensor m_order;
    std::int64_t m_batch = 1;
    std::int64_t m_at = 0;
};

class ImagesOfFiles final : public TrainingImages
{
public:
    ImagesOfFiles(std::shared_ptr<const data::Dataset> set, data::Split split, torch::Tensor ids)
        : m_set(std::move(set))
        , m_split(split)
        , m_ids(std::move(ids))
        , m_labels(m_set->labels(split))
    {}

    std::int64_t size() const override { return m_ids.size(0); }

    void begin(const torch::Tensor& order, std::int64_t batch) override
    {
        m_ahead.reset(); // its thread ends before the next one reads
        m_ahead.emplace(m_set, m_split, m_ids.index_select(0, order), batch);
    }

    Batch next() override
    {
        std::optional<data::Prefetcher::Batch> batch = m_ahead->next();
        if (!batch)
            return {};
        return {batch->pixels, m_labels.index_select(0, batch->ids)};
    }

    std::string hash(std::int64_t count) const override
    {
        QCryptographicHash hash(QCryptographicHash::Sha256);
        hash.addData(QByteArray::fromStdString(m_set->hash()));
        hash.addData(m_split == data::Split::Train ? "train" : "test");
        const torch::Tensor ids = m_ids.narrow(0, 0, count).contiguous();
        hash.addData(QByteArray::fromRawData(static_cast<const char*>(ids.data_ptr()),
                                             static_cast<qsizetype>(ids.nbytes())));
        return hash.result().toHex().toStdString();
    }

private:
    const std::shared_ptr<const data::Dataset> m_set;
    const data::Split m_split;
    const torch::Tensor m_ids;
    const torch::Tensor m_labels;
    std::optional<data::Prefetcher> m_ahead;
};

} // namespace

std::unique_ptr<TrainingImages> trainingImages(const torch::Tensor& images, const torch::Tensor& labels)
{
    const bool shapes = images.dim() == 4 && labels.dim() == 1 && images.size(0) == labels.size(0) &&
                        images.size(0) > 0 && labels.scalar_type() == torch::kInt64 &&
                        (images.scalar_type() == torch::kUInt8 || images.scalar_type() == torch::kFloat32);
    if (!shapes)
        throw Error(
            "a training set needs images [N,C,H,W] of bytes or float32 and N int64 labels, N at least 1");
    return std::make_unique<ImagesInMemory>(images, labels);
}

std::unique_ptr<TrainingImages> trainingImages(std::shared_ptr<const data::Dataset> set, data::Split split,
                                               const torch::Tensor& ids, std::int64_t keptBytes)
{
    if (ids.numel() == 0)
        throw Error("there is no image to train on", set->info().name);
    const data::DatasetInfo& info = set->info();
    const std::int64_t bytes = ids.size(0) * info.channels * info.height * info.width;
    if (set->resident() || bytes <= keptBytes)
        return trainingImages(set->pixelsOf(split, ids), set->labels(split).index_select(0, ids));
    return std::make_unique<ImagesOfFiles>(std::move(set), split, ids.contiguous());
}

} // namespace assay::training
