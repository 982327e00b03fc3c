#include "backend/models/saliency.h"

#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/autograd.h>
#include <torch/nn/functional/upsampling.h>
#include <torch/utils.h>

namespace assay::models {

namespace {

constexpr float kFullSaliency = 255;

struct SpatialTap
{
    std::string name;
    torch::Tensor value;
};

/// A forward pass that keeps the last tap with a height and a width.
SpatialTap runWithTap(const Model& model, const torch::Tensor& x, torch::Tensor* logits)
{
    SpatialTap last;
    const torch::Tensor answers =
        model.logits(x, [&last](const std::string& name, const torch::Tensor& value) {
            if (value.dim() == 4 && value.size(2) * value.size(3) > 1)
                last = {name, value};
        });
    if (logits)
        *logits = answers;
    return last;
}

torch::Tensor camOfChunk(const Model& model, torch::Tensor x, const torch::Tensor& y)
{
    x.requires_grad_(true); // the weights are frozen: only so is there a graph up to the tap
    torch::Tensor logits;
    const SpatialTap tap = runWithTap(model, x, &logits);
    const torch::Tensor score = logits.gather(1, y.unsqueeze(1)).sum();
    const torch::Tensor slope = torch::autograd::grad({score}, {tap.value}).front();
    const torch::NoGradGuard off;
    const torch::Tensor cam = (slope.mean({2, 3}, true) * tap.value).sum(1, true).relu(); // [n,1,h,w]
    const torch::Tensor low = cam.amin({2, 3}, true), high = cam.amax({2, 3}, true);
    const torch::Tensor range = high - low;
    // A map that is flat stays 0: it says nothing.
    const torch::Tensor scaled = torch::where(
        range > 0, (cam - low) / range.clamp_min(1e-30F) * kFullSaliency, torch::zeros_like(cam));
    namespace F = torch::nn::functional;
    return F::interpolate(scaled.contiguous(), F::InterpolateFuncOptions()
                                                   .size(std::vector<std::int64_t>{x.size(2), x.size(3)})
                                                   .mode(torch::kBilinear)
                                                   .align_corners(false))
        .squeeze(1)
        .cpu();
}

} // namespace

std::optional<std::string> lastSpatialTap(const Model& model, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    const SpatialTap tap = runWithTap(model, x.narrow(0, 0, 1).to(model.device()), nullptr);
    if (!tap.value.defined())
        return std::nullopt;
    return tap.name;
}

torch::Tensor gradCam(const Model& model, const torch::Tensor& x, const torch::Tensor& y,
                      const std::function<void()>& check)
{
    torch::Tensor maps = torch::empty({x.size(0), x.size(2), x.size(3)});
    if (x.size(0) == 0)
        return maps;
    if (!lastSpatialTap(model, x))
        throw Error("model '" + model.name() + "' shows no layer that is an image, which Grad-CAM needs", {},
                    "Choose a built-in convolutional network.");
    forEachChunk(x.size(0), chunkImages(x, model.device()), model.device(),
                 [&](std::int64_t first, std::int64_t count) {
                     if (check)
                         check();
                     const torch::Tensor part = x.narrow(0, first, count).detach().to(model.device()).clone();
                     const torch::Tensor cam =
                         camOfChunk(model, part, y.narrow(0, first, count).to(model.device()));
                     const torch::NoGradGuard off;
                     maps.narrow(0, first, count).copy_(cam);
                 });
    return maps;
}

} // namespace assay::models
