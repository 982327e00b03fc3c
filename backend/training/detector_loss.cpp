#include "backend/training/detector_loss.h"

#include "backend/models/architectures/grid_detector.h"
#include "backend/protocol/error.h"

#include <torch/nn/functional.h>
#include <torch/types.h>

namespace assay::training {

namespace {

torch::Tensor weightsOfClasses(const DetectorLossSpec& spec, std::int64_t classes)
{
    if (spec.classWeights.empty())
        return torch::ones({classes});
    if (static_cast<std::int64_t>(spec.classWeights.size()) != classes)
        throw Error("there are " + std::to_string(spec.classWeights.size()) + " class weights for " +
                        std::to_string(classes) + " classes",
                    "class_weights", "Give one for each class, or none.");
    return torch::tensor(spec.classWeights).to(torch::kFloat32);
}

} // namespace

DetectorLoss detectorLoss(const torch::Tensor& raw, const GridTargets& targets, const DetectorLossSpec& spec)
{
    namespace F = torch::nn::functional;
    const std::int64_t images = raw.size(0), classes = raw.size(1) / models::kGridNumbers;
    const torch::Tensor weights = weightsOfClasses(spec, classes).to(raw.device());
    // [N,K,5,h,w]
    const torch::Tensor answers = raw.view({images, classes, models::kGridNumbers, raw.size(2), raw.size(3)});
    const torch::Tensor object = targets.object.to(raw.device());
    const torch::Tensor cells =
        weights.view({1, -1, 1, 1}) * (1 + (spec.positiveWeight - 1) * object) / static_cast<double>(images);
    DetectorLoss loss;
    loss.object = F::binary_cross_entropy_with_logits(
        answers.select(2, 0), object,
        F::BinaryCrossEntropyWithLogitsFuncOptions().weight(cells).reduction(torch::kSum));

    const auto p = targets.places.to(raw.device()).unbind(1);
    // [P,4]: the box numbers of the cells that hold an object.
    const torch::Tensor boxes =
        answers.permute({0, 1, 3, 4, 2}).index({p[0], p[1], p[2], p[3]}).narrow(1, 1, 4);
    const torch::Tensor apart = F::smooth_l1_loss(boxes, targets.boxes.to(raw.device()),
                                                  F::SmoothL1LossFuncOptions().reduction(torch::kNone));
    loss.box =
        (apart.sum(1) * weights.index_select(0, p[1])).sum() * (spec.boxWeight / static_cast<double>(images));
    loss.total = loss.object + loss.box;
    return loss;
}

} // namespace assay::training
