#include "plugins/patches/pod_defences.h"

#include "backend/imaging/survival.h"
#include "backend/protocol/error.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <array>

namespace assay::patches::pod {

namespace {

constexpr std::array kDefences = {Defence::Median, Defence::Jpeg, Defence::Gradients};
constexpr double kJpegQuality = 50;

torch::Tensor median3(const torch::Tensor& images)
{
    const torch::Tensor padded = at::replication_pad2d(images, {1, 1, 1, 1});
    std::vector<torch::Tensor> shifted;
    for (std::int64_t dy = 0; dy < 3; ++dy)
        for (std::int64_t dx = 0; dx < 3; ++dx)
            shifted.push_back(padded.narrow(2, dy, images.size(2)).narrow(3, dx, images.size(3)));
    return std::get<0>(torch::stack(shifted).median(0));
}

/// Where windows begin along a side.
std::vector<std::int64_t> windowStarts(std::int64_t side, std::int64_t window, std::int64_t overlap)
{
    std::vector<std::int64_t> starts;
    for (std::int64_t at = 0; at + window < side; at += window - overlap)
        starts.push_back(at);
    starts.push_back(side - window);
    return starts;
}

} // namespace

const char* defenceName(Defence defence)
{
    switch (defence) {
    case Defence::None:
        return "none";
    case Defence::Median:
        return "median";
    case Defence::Jpeg:
        return "jpeg";
    case Defence::Gradients:
        return "lgs";
    }
    return "";
}

Defence defenceFromName(const std::string& name)
{
    for (const Defence defence : kDefences)
        if (name == defenceName(defence))
            return defence;
    throw Error("there is no defence '" + name + "'", "defences", "Choose among median, jpeg and lgs.");
}

const std::vector<std::string>& defenceNames()
{
    static const std::vector<std::string> names = {"median", "jpeg", "lgs"};
    return names;
}

const std::vector<std::string>& defenceTitles()
{
    static const std::vector<std::string> titles = {"Median filter", "JPEG 50", "Local gradients smoothing"};
    return titles;
}

torch::Tensor cleaned(const torch::Tensor& images, Defence defence)
{
    switch (defence) {
    case Defence::Median:
        return median3(images);
    case Defence::Jpeg:
        return imaging::afterOrdeal(images, {imaging::Ordeal::Kind::Jpeg, kJpegQuality});
    case Defence::Gradients:
        return smoothedGradients(images);
    case Defence::None:
        break;
    }
    return images;
}

torch::Tensor smoothedGradients(const torch::Tensor& images, const GradientSmoothing& how)
{
    const std::int64_t height = images.size(2), width = images.size(3);
    if (images.size(0) == 0)
        return images.clone();
    const torch::Tensor padded = at::replication_pad2d(images, {0, 1, 0, 1});
    const torch::Tensor dx = padded.narrow(2, 0, height).narrow(3, 1, width) - images;
    const torch::Tensor dy = padded.narrow(2, 1, height).narrow(3, 0, width) - images;
    torch::Tensor magnitude = (dx.square() + dy.square()).sqrt().mean(1, true); // [N,1,H,W]
    const torch::Tensor low = magnitude.amin({2, 3}, true), high = magnitude.amax({2, 3}, true);
    magnitude = (magnitude - low) / (high - low).clamp_min(1e-6);
    torch::Tensor kept = torch::zeros_like(magnitude);
    const std::int64_t rows = std::min(how.window, height), columns = std::min(how.window, width);
    for (const std::int64_t y : windowStarts(height, rows, how.overlap))
        for (const std::int64_t x : windowStarts(width, columns, how.overlap)) {
            const torch::Tensor window = magnitude.narrow(2, y, rows).narrow(3, x, columns);
            const torch::Tensor busy = window.mean({2, 3}, true) > how.threshold;
            torch::Tensor into = kept.narrow(2, y, rows).narrow(3, x, columns);
            into.copy_(torch::where(busy, window, into));
        }
    return images * (1 - how.strength * kept).clamp(0, 1);
}

} // namespace assay::patches::pod
