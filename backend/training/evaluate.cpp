#include "backend/training/evaluate.h"

#include "backend/data/images/prefetcher.h"
#include "backend/models/predict.h"

#include <torch/types.h>

namespace assay::training {

namespace {

constexpr std::int64_t kImagesAtOnce = 256;

} // namespace

Evaluated evaluate(const models::Model& model, std::shared_ptr<const data::Dataset> set, data::Split split,
                   const torch::Tensor& ids, const std::function<bool()>& goOn)
{
    const torch::Tensor labels = set->labels(split);
    data::Prefetcher ahead(std::move(set), split, ids, kImagesAtOnce);
    Evaluated result;
    while (!goOn || goOn()) {
        const auto batch = ahead.next();
        if (!batch)
            break;
        const torch::Tensor x = batch->pixels.to(model.device()).to(torch::kFloat32).div_(255.0);
        const torch::Tensor expected = labels.index_select(0, batch->ids);
        result.right += models::predict(model, x).eq(expected).sum().item<std::int64_t>();
        result.count += batch->ids.size(0);
    }
    return result;
}

} // namespace assay::training
