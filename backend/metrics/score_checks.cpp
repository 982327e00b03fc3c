#include "backend/metrics/score_checks.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <sstream>
#include <string>

namespace assay::metrics {

namespace {

std::string shapeOf(const torch::Tensor& tensor)
{
    std::ostringstream text;
    text << tensor.sizes();
    return text.str();
}

} // namespace

torch::Tensor checkedScores(const torch::Tensor& scores, const char* what)
{
    const std::string name = what;
    if (!scores.defined() || scores.dim() != 2 || !scores.is_floating_point())
        throw Error(name + " must be floating point numbers of samples x classes" +
                    (scores.defined() ? "; given were numbers of type " +
                                            std::string(c10::toString(scores.scalar_type())) + " and shape " +
                                            shapeOf(scores)
                                      : std::string()));
    if (scores.size(1) < 2)
        throw Error(name + " need at least two classes; given was " + std::to_string(scores.size(1)));
    const torch::Tensor plain = scores.detach().to(torch::kCPU, torch::kFloat64).contiguous();
    if (!plain.isfinite().all().item<bool>()) {
        const torch::Tensor bad = plain.isfinite().logical_not().any(1).nonzero();
        throw Error(name + " must be finite; sample " + std::to_string(bad[0][0].item<std::int64_t>()) +
                    " has NaN or infinity");
    }
    return plain;
}

torch::Tensor checkedLabels(const torch::Tensor& labels, std::int64_t samples, std::int64_t classes)
{
    if (!labels.defined() || labels.dim() != 1 || !c10::isIntegralType(labels.scalar_type(), false))
        throw Error("labels must be one whole number per sample");
    if (labels.size(0) != samples)
        throw Error(std::to_string(samples) + " samples have " + std::to_string(labels.size(0)) + " labels");
    const torch::Tensor plain = labels.detach().to(torch::kCPU, torch::kInt64).contiguous();
    if (samples == 0)
        return plain;
    const std::int64_t lowest = plain.min().item<std::int64_t>();
    const std::int64_t highest = plain.max().item<std::int64_t>();
    if (lowest < 0 || highest >= classes)
        throw Error("label " + std::to_string(lowest < 0 ? lowest : highest) + " is outside 0 to " +
                    std::to_string(classes - 1));
    return plain;
}

void checkConfidences(std::span<const double> confidence, std::span<const std::uint8_t> correct)
{
    if (confidence.size() != correct.size())
        throw Error(std::to_string(confidence.size()) + " confidences have " +
                    std::to_string(correct.size()) + " outcomes");
    if (confidence.empty())
        throw Error("calibration is asked of no samples; it needs at least one");
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        if (!(confidence[i] >= 0 && confidence[i] <= 1))
            throw Error("a confidence must be from 0 to 1; that of sample " + std::to_string(i) + " is " +
                        std::to_string(confidence[i]));
        if (correct[i] > 1)
            throw Error("an outcome must be 0 or 1; that of sample " + std::to_string(i) + " is " +
                        std::to_string(correct[i]));
    }
}

} // namespace assay::metrics
