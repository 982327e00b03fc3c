#include "backend/engine/importing/accuracy_check.h"

#include "backend/engine/devices.h"
#include "backend/engine/text.h"
#include "backend/training/evaluate.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::engine {

namespace {

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

MeasuredAccuracy measureAccuracy(const models::Model& model, std::shared_ptr<const data::Dataset> dataset,
                                 std::int64_t most, std::chrono::milliseconds limit)
{
    if (!model.hasNetwork())
        return accuracyOf(model.predictions());
    const auto begin = std::chrono::steady_clock::now();
    const torch::Tensor ids = drawnTestIds(*dataset, most);
    const training::Evaluated found =
        training::evaluate(model, std::move(dataset), data::Split::Test, ids,
                           [&] { return std::chrono::steady_clock::now() - begin < limit; });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    return {found.right, found.count, seconds.count()};
}

} // namespace assay::engine
