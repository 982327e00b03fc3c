#include "plugins/calibration/ood_sets.h"

#include "backend/engine/reporting/study_inputs.h"
#include "backend/metrics/selective.h"
#include "backend/metrics/statistics.h"

#include <torch/nn/functional.h>
#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

constexpr std::int64_t kPatches = 4; ///< a side
constexpr double kKnownKept = 0.95;

torch::Tensor withChannels(const torch::Tensor& x, std::int64_t channels)
{
    if (x.size(1) == channels)
        return x;
    if (x.size(1) == 1)
        return x.expand({-1, channels, -1, -1});
    const torch::Tensor weights =
        torch::tensor({0.299, 0.587, 0.114}, torch::kFloat32).to(x.device()).view({1, 3, 1, 1});
    const torch::Tensor grey =
        x.size(1) == 3 ? (x * weights).sum(1, true) : x.mean(1, true); // more than colours: no luma
    return grey.expand({-1, channels, -1, -1});
}

torch::Tensor scaled(const torch::Tensor& x, std::int64_t height, std::int64_t width)
{
    namespace F = torch::nn::functional;
    if (x.size(2) == height && x.size(3) == width)
        return x;
    return F::interpolate(x, F::InterpolateFuncOptions()
                                 .size(std::vector<std::int64_t>{height, width})
                                 .mode(torch::kBilinear)
                                 .align_corners(false)
                                 .antialias(true))
        .clamp(0, 1);
}

} // namespace

OodSet shuffledPatches(const torch::Tensor& x, at::Generator generator)
{
    const std::int64_t h = x.size(2) / kPatches, w = x.size(3) / kPatches;
    const torch::Tensor order = torch::randperm(kPatches * kPatches, generator, torch::kInt64);
    torch::Tensor shuffled = x.clone();
    for (std::int64_t to = 0; to < order.size(0); ++to) {
        const std::int64_t from = order.data_ptr<std::int64_t>()[to];
        shuffled.narrow(2, to / kPatches * h, h)
            .narrow(3, to % kPatches * w, w)
            .copy_(x.narrow(2, from / kPatches * h, h).narrow(3, from % kPatches * w, w));
    }
    return {"shuffled patches", shuffled, "shuffled-patches"};
}

OodSet otherImages(engine::RunContext& context, const protocol::DatasetRef& ref, std::int64_t count,
                   const data::DatasetInfo& like)
{
    const auto dataset = context.dataset(ref);
    const torch::Tensor x = reporting::drawTestImages(context, *dataset, count).x;
    return {reporting::shownName(ref.name),
            scaled(withChannels(x, like.channels), like.height, like.width).contiguous(), dataset->hash()};
}

OodScore oodScore(std::string model, std::string set, std::string score, const torch::Tensor& known,
                  const torch::Tensor& other)
{
    const torch::Tensor all = torch::cat({known, other}).to(torch::kFloat64);
    const torch::Tensor least = all.min(), range = (all.max() - least).clamp_min(1e-300);
    const torch::Tensor familiar = ((all - least) / range).contiguous(); // in [0,1], in the same order
    std::vector<std::uint8_t> isKnown(static_cast<std::size_t>(all.numel()), 0);
    std::fill_n(isKnown.begin(), known.numel(), std::uint8_t{1});
    const double auroc = metrics::confidenceAuroc(
        metrics::SortedConfidences({familiar.data_ptr<double>(), isKnown.size()}, isKnown));
    const torch::Tensor scores = known.to(torch::kFloat64).contiguous();
    const double threshold = metrics::quantile(
        {scores.data_ptr<double>(), static_cast<std::size_t>(scores.numel())}, 1 - kKnownKept);
    const double fpr = (other.to(torch::kFloat64) >= threshold).to(torch::kFloat64).mean().item<double>();
    return {std::move(model), std::move(set), std::move(score), auroc, fpr};
}

} // namespace assay::confidence
