#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace assay::models {

using TensorFunction = std::function<torch::Tensor(const torch::Tensor&)>;

/// A way in which pixels are commonly made ready: the network is given (scale * x - mean) / stddev.
struct NormalisationCandidate
{
    std::string name; ///< "ImageNet"
    std::vector<double> mean = {0.0};
    std::vector<double> stddev = {1.0};
    double scale = 1.0;
    bool bgr = false;
};

/// The ways known for images of @p channels channels; the first is "[0,1]", the pixels as they are.
const std::vector<NormalisationCandidate>& normalisationCandidates(std::int64_t channels);

/// "mean [0.485, 0.456, 0.406], stddev [0.229, 0.224, 0.225]", with the scale where it is not 1.
std::string describe(const NormalisationCandidate& candidate);

/// "[0.485, 0.456, 0.406]", four significant digits.
std::string listed(const std::vector<double>& values);

/// @p x, float32 [N,C,H,W] in [0,1], made ready in the way of @p candidate.
torch::Tensor applyNormalisation(const NormalisationCandidate& candidate, const torch::Tensor& x);

struct NormalisationScore
{
    NormalisationCandidate candidate;
    double accuracy = 0; ///< fraction of all images given whose first class is the label
};

/// How well a network does under each candidate, best first; ties keep the order of @p candidates.
/// @param raw    outputs [N,K] of the network without any InputSpec applied.
/// @param images float32 [N,C,H,W] in [0,1] or uint8 of 0..255. @param labels int64 [N].
/// @throws Error when there are no images or the lengths differ.
std::vector<NormalisationScore> scoreNormalisations(const TensorFunction& raw,
                                                    const std::vector<NormalisationCandidate>& candidates,
                                                    const torch::Tensor& images, const torch::Tensor& labels);

struct NormalisationFit
{
    NormalisationCandidate candidate;
    double misfit = 0; ///< 0: the statistics agree; see fitNormalisations()
};

/// How well the statistics of a network's first batch normalisation agree with images made ready in each of
/// the known ways and in that of @p given, best first. In place of data, images with the power spectrum of
/// photographs (1/f) and the mean and deviation of ImageNet's channels serve, from a fixed seed. The misfit
/// of a candidate is the mean over the norm's channels of |difference of the means| / deviation + |logarithm
/// of the ratio of deviations|.
/// @param normInput what reaches the norm for x, [N,O,..]. @param runningMean, runningVar [O].
std::vector<NormalisationFit> fitNormalisations(const TensorFunction& normInput,
                                                const torch::Tensor& runningMean,
                                                const torch::Tensor& runningVar,
                                                const NormalisationCandidate& given, std::int64_t channels,
                                                std::int64_t height, std::int64_t width);

} // namespace assay::models
