#include "plugins/calibration/answers.h"

#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

constexpr std::int64_t kAskedAtOnce = 1000;

/// The data set, or nullptr with a line in the log where it cannot be had: predictions do without.
std::shared_ptr<const data::Dataset> datasetIfAny(engine::RunContext& context,
                                                  const protocol::DatasetRef& ref)
{
    try {
        return context.dataset(ref);
    } catch (const Error& e) {
        context.log("No images are shown: " + std::string(e.what()), protocol::LogLevel::Info);
        return nullptr;
    }
}

Answers answersOfPredictions(engine::RunContext& context, const models::Model& model, std::string name,
                             const protocol::DatasetRef& dataset)
{
    const models::Predictions& predictions = model.predictions();
    Answers answers{.model = std::move(name), .classes = model.card().classes};
    answers.logits = predictions.logits.cpu().contiguous();
    const std::int64_t n = answers.logits.size(0);
    answers.ids = torch::arange(n, torch::kInt64);
    if (predictions.labels.defined()) {
        answers.labels = predictions.labels.cpu();
        const auto set = datasetIfAny(context, dataset);
        if (set && set->size(data::Split::Test) == n &&
            torch::equal(set->labels(data::Split::Test), answers.labels))
            answers.images = set;
        return answers;
    }
    const auto set = context.dataset(dataset);
    if (set->size(data::Split::Test) != n)
        throw Error("its file holds " + std::to_string(n) + " predictions without labels, but " +
                        set->info().title + " has " + std::to_string(set->size(data::Split::Test)) +
                        " test images",
                    "model '" + model.name() + "'",
                    "Put an array 'labels' into the file, or choose the data set that was predicted.");
    answers.labels = set->labels(data::Split::Test);
    answers.images = set;
    return answers;
}

} // namespace

Answers openAnswers(engine::RunContext& context, const protocol::ModelRef& ref,
                    const protocol::DatasetRef& datasetRef, std::int64_t count)
{
    const auto model = context.model(ref);
    std::string name = reporting::shownName(ref.name);
    if (!model->hasNetwork())
        return answersOfPredictions(context, *model, std::move(name), datasetRef);
    const auto dataset = context.dataset(datasetRef);
    reporting::requireModelFits(*model, dataset->info());
    const reporting::TestImages drawn = reporting::drawTestImages(context, *dataset, count);
    return {.model = name,
            .classes = dataset->info().classes,
            .logits = askedLogits(context, *model, drawn.x, "Predictions of " + name),
            .labels = drawn.y,
            .ids = drawn.ids,
            .images = dataset};
}

torch::Tensor askedLogits(engine::RunContext& context, const models::Model& model, const torch::Tensor& x,
                          const std::string& stage)
{
    std::vector<torch::Tensor> parts;
    const std::int64_t n = x.size(0);
    for (std::int64_t first = 0; first < n; first += kAskedAtOnce) {
        context.checkpoint();
        context.progress(static_cast<double>(first), static_cast<double>(n), stage);
        parts.push_back(
            models::logitsChunked(model, x.narrow(0, first, std::min(kAskedAtOnce, n - first))).cpu());
    }
    return torch::cat(parts).contiguous();
}

} // namespace assay::confidence
