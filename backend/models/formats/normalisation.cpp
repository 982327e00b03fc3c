#include "backend/models/formats/normalisation.h"

#include "backend/models/input_adapter.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace assay::models {

namespace {

/// Images whose power falls as 1/f^2, as photographs' does, with the mean and deviation of ImageNet's pixels
/// (Deng et al. 2009, as torchvision states them); values outside [0,1] are cut off.
torch::Tensor photographLike(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    constexpr std::int64_t kImages = 16;
    auto generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t(1));
    // Channels of photographs move together: nine tenths of the variance is brightness.
    const torch::Tensor shared = torch::randn({kImages, 1, height, width}, generator);
    const torch::Tensor own = torch::randn({kImages, channels, height, width}, generator);
    const torch::Tensor noise = std::sqrt(0.9) * shared + std::sqrt(0.1) * own;
    const torch::Tensor down = torch::fft_fftfreq(height).view({-1, 1});
    const torch::Tensor across = torch::fft_rfftfreq(width).view({1, -1});
    const torch::Tensor frequency = (down.square() + across.square())
                                        .sqrt()
                                        .clamp_min(1.0 / static_cast<double>(std::max(height, width)));
    torch::Tensor images =
        torch::fft_irfft2(torch::fft_rfft2(noise) / frequency, c10::IntArrayRef{height, width});
    images = (images - images.mean()) / images.std();
    const bool colour = channels == 3;
    const torch::Tensor mean =
        perChannel(colour ? std::vector<double>{0.485, 0.456, 0.406} : std::vector<double>{0.45});
    const torch::Tensor deviation =
        perChannel(colour ? std::vector<double>{0.229, 0.224, 0.225} : std::vector<double>{0.226});
    return (images * deviation + mean).clamp(0, 1);
}

std::vector<NormalisationCandidate> colourCandidates()
{
    const std::vector<double> mean = {0.485, 0.456, 0.406};
    const std::vector<double> deviation = {0.229, 0.224, 0.225};
    return {
        {.name = "[0,1]"},
        {.name = "ImageNet", .mean = mean, .stddev = deviation},
        {.name = "[-1,1]", .mean = {0.5, 0.5, 0.5}, .stddev = {0.5, 0.5, 0.5}},
        {.name = "CIFAR-10", .mean = {0.4914, 0.4822, 0.4465}, .stddev = {0.2470, 0.2435, 0.2616}},
        {.name = "CIFAR-100", .mean = {0.5071, 0.4865, 0.4409}, .stddev = {0.2673, 0.2564, 0.2762}},
        {.name = "CLIP",
         .mean = {0.48145466, 0.4578275, 0.40821073},
         .stddev = {0.26862954, 0.26130258, 0.27577711}},
        {.name = "0..255", .scale = 255},
        {.name = "Caffe", .mean = {103.939, 116.779, 123.68}, .stddev = {1, 1, 1}, .scale = 255, .bgr = true},
    };
}

std::vector<NormalisationCandidate> greyCandidates()
{
    return {
        {.name = "[0,1]"},
        {.name = "MNIST", .mean = {0.1307}, .stddev = {0.3081}},
        {.name = "Fashion-MNIST", .mean = {0.2860}, .stddev = {0.3530}},
        {.name = "[-1,1]", .mean = {0.5}, .stddev = {0.5}},
        {.name = "0..255", .scale = 255},
    };
}

torch::Tensor unitFloats(const torch::Tensor& images)
{
    return images.scalar_type() == torch::kUInt8 ? images.to(torch::kFloat32).div_(255.0) : images;
}

} // namespace

const std::vector<NormalisationCandidate>& normalisationCandidates(std::int64_t channels)
{
    static const std::vector<NormalisationCandidate> colour = colourCandidates();
    static const std::vector<NormalisationCandidate> grey = greyCandidates();
    static const std::vector<NormalisationCandidate> other = {
        {.name = "[0,1]"},
        {.name = "[-1,1]", .mean = {0.5}, .stddev = {0.5}},
        {.name = "0..255", .scale = 255}};
    return channels == 3 ? colour : channels == 1 ? grey : other;
}

std::string listed(const std::vector<double>& values)
{
    std::string text = "[";
    for (std::size_t i = 0; i < values.size(); ++i) {
        char number[32];
        std::snprintf(number, sizeof(number), "%.4g", values[i]);
        text += (i == 0 ? "" : ", ") + std::string(number);
    }
    return text + "]";
}

std::string describe(const NormalisationCandidate& candidate)
{
    std::string text = "mean " + listed(candidate.mean) + ", stddev " + listed(candidate.stddev);
    if (candidate.scale != 1) {
        char number[32];
        std::snprintf(number, sizeof(number), "%.4g", candidate.scale);
        text += ", scale " + std::string(number);
    }
    return candidate.bgr ? text + ", channels in the order blue, green, red" : text;
}

torch::Tensor applyNormalisation(const NormalisationCandidate& candidate, const torch::Tensor& x)
{
    const torch::Tensor ordered = candidate.bgr ? x.flip(1) : x;
    return (ordered * candidate.scale - perChannel(candidate.mean)) / perChannel(candidate.stddev);
}

std::vector<NormalisationScore> scoreNormalisations(const TensorFunction& raw,
                                                    const std::vector<NormalisationCandidate>& candidates,
                                                    const torch::Tensor& images, const torch::Tensor& labels)
{
    const std::int64_t count = images.size(0);
    if (count == 0 || labels.size(0) != count)
        throw Error("an accuracy needs as many labels as images and at least one; given were " +
                    std::to_string(labels.size(0)) + " labels and " + std::to_string(count) + " images");
    const torch::NoGradGuard off;
    constexpr std::int64_t kChunk = 50;
    std::vector<NormalisationScore> scores;
    for (const NormalisationCandidate& candidate : candidates) {
        std::int64_t right = 0;
        for (std::int64_t first = 0; first < count; first += kChunk) {
            const std::int64_t here = std::min(kChunk, count - first);
            const torch::Tensor x = applyNormalisation(candidate, unitFloats(images.narrow(0, first, here)));
            right += raw(x).argmax(1).eq(labels.narrow(0, first, here)).sum().item<std::int64_t>();
        }
        scores.push_back({candidate, static_cast<double>(right) / static_cast<double>(count)});
    }
    std::stable_sort(
        scores.begin(), scores.end(),
        [](const NormalisationScore& a, const NormalisationScore& b) { return a.accuracy > b.accuracy; });
    return scores;
}

std::vector<NormalisationFit> fitNormalisations(const TensorFunction& normInput,
                                                const torch::Tensor& runningMean,
                                                const torch::Tensor& runningVar,
                                                const NormalisationCandidate& given, std::int64_t channels,
                                                std::int64_t height, std::int64_t width)
{
    const torch::NoGradGuard off;
    const torch::Tensor images = photographLike(channels, height, width);
    const torch::Tensor deviation = runningVar.to(torch::kFloat64).clamp_min(1e-12).sqrt();
    std::vector<NormalisationCandidate> candidates = {given};
    for (const NormalisationCandidate& known : normalisationCandidates(channels))
        candidates.push_back(known);
    std::vector<NormalisationFit> fits;
    for (const NormalisationCandidate& candidate : candidates) {
        const torch::Tensor seen =
            normInput(applyNormalisation(candidate, images)).to(torch::kFloat64).transpose(0, 1).flatten(1);
        const torch::Tensor mean = (seen.mean(1) - runningMean).abs() / deviation;
        const torch::Tensor spread = (seen.std(1).clamp_min(1e-12) / deviation).log().abs();
        fits.push_back({candidate, (mean + spread).mean().item<double>()});
    }
    std::stable_sort(fits.begin(), fits.end(), [](const NormalisationFit& a, const NormalisationFit& b) {
        return a.misfit < b.misfit;
    });
    return fits;
}

} // namespace assay::models
