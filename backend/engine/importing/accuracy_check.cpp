#include "backend/engine/importing/accuracy_check.h"

#include "backend/engine/devices.h"
#include "backend/engine/text.h"
#include "backend/models/predict.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::engine {

namespace {

constexpr std::int64_t kImagesAtOnce = 200;

MeasuredAccuracy accuracyOf(const models::Predictions& predictions)
{
    if (!predictions.labels.defined())
        return {};
    return {predictions.logits.argmax(1).eq(predictions.labels).sum().item<std::int64_t>(),
            predictions.labels.size(0), 0};
}

} // namespace

std::string mismatch(const models::ModelCard& card, const data::DatasetInfo& info)
{
    if (card.input.channels != info.channels || card.input.height != info.height ||
        card.input.width != info.width)
        return "it expects images of " + sizeText(card.input.channels, card.input.height, card.input.width) +
               ", but those of " + info.name + " are " + sizeText(info.channels, info.height, info.width);
    if (card.classes.size() != info.classes.size())
        return "it tells " + std::to_string(card.classes.size()) + " classes apart, but " + info.name +
               " has " + std::to_string(info.classes.size());
    return {};
}

torch::Tensor drawnTestIds(const data::Dataset& dataset, std::int64_t most)
{
    const std::int64_t all = dataset.size(data::Split::Test);
    const at::Generator generator = makeGenerator(torch::kCPU, 0, "import.accuracy");
    return torch::randperm(all, generator, torch::TensorOptions(torch::kInt64))
        .narrow(0, 0, std::min(all, most));
}

MeasuredAccuracy measureAccuracy(const models::Model& model, const data::Dataset& dataset, std::int64_t most,
                                 std::chrono::milliseconds limit)
{
    if (!model.hasNetwork())
        return accuracyOf(model.predictions());
    const auto begin = std::chrono::steady_clock::now();
    const torch::Tensor ids = drawnTestIds(dataset, most);
    const torch::Tensor labels = dataset.labels(data::Split::Test).index_select(0, ids);
    MeasuredAccuracy measured;
    while (measured.count < ids.size(0) && std::chrono::steady_clock::now() - begin < limit) {
        const std::int64_t n = std::min(kImagesAtOnce, ids.size(0) - measured.count);
        const torch::Tensor x =
            dataset.images(data::Split::Test, ids.narrow(0, measured.count, n), model.device());
        measured.right +=
            models::predict(model, x).eq(labels.narrow(0, measured.count, n)).sum().item<std::int64_t>();
        measured.count += n;
    }
    measured.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return measured;
}

} // namespace assay::engine
