#pragma once

#include "backend/engine/run_context.h"

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

namespace assay::confidence {

/// What a classifier says of labelled samples. Tensors are on the CPU.
struct Answers
{
    std::string model; ///< reporting::shownName()
    std::vector<std::string> classes;
    torch::Tensor logits; ///< float32 [N,C], finite
    torch::Tensor labels; ///< int64 [N]
    torch::Tensor ids;    ///< int64 [N]: of the test split, or rows of the file of predictions
    /// Whose test split the ids index; nullptr where only predictions are known and whose they are is not.
    std::shared_ptr<const data::Dataset> images;
    std::int64_t size() const { return logits.size(0); }
};

/// Puts @p count images of the test split, drawn with the run's seed, to the model. Of a model of
/// predictions only all rows are taken, with the labels in the file; without any there, those of the test
/// split, which must then be as long. Images belong to them where the labels are those of the test split.
/// @throws Error for a model that does not fit the images, and for predictions without labels.
Answers openAnswers(engine::RunContext& context, const protocol::ModelRef& model,
                    const protocol::DatasetRef& dataset, std::int64_t count);

/// float32 [n,C] on the CPU, in pieces between which the run can be cancelled.
torch::Tensor askedLogits(engine::RunContext& context, const models::Model& model, const torch::Tensor& x,
                          const std::string& stage);

} // namespace assay::confidence
