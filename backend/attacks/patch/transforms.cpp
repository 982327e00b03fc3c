#include "backend/attacks/patch/transforms.h"

#include "backend/attacks/check.h"

#include <algorithm>

namespace assay::attacks {

namespace {

constexpr std::int64_t kDrawsOfPlace = 6; ///< x, y, size, angle, contrast, brightness
constexpr double kRadiansOfDegree = 0.017453292519943295;
constexpr const char* kTransformsWhere = "the transforms of a patch";

/// low + u (high - low).
torch::Tensor between(const torch::Tensor& u, double low, double high)
{
    return u * (high - low) + low;
}

/// Centres along one side of the image such that what reaches @p reach to either side stays on it.
torch::Tensor centres(const torch::Tensor& u, const torch::Tensor& reach, double low, double high,
                      double side)
{
    const torch::Tensor least = reach.clamp_max(side / 2);
    const torch::Tensor most = side - least;
    const torch::Tensor from = torch::full_like(u, low * side).max(least).min(most);
    const torch::Tensor to = torch::full_like(u, high * side).max(least).min(most);
    return from + u * (to - from);
}

void placeOnImage(PatchPlaces& places, const PatchTransforms& t, const torch::Tensor& u, double height,
                  double width)
{
    const torch::Tensor turned = places.angle * kRadiansOfDegree;
    const torch::Tensor cosine = turned.cos().abs_();
    const torch::Tensor sine = turned.sin().abs_();
    places.x =
        centres(u.select(2, 0), (cosine * places.width + sine * places.height) / 2, t.left, t.right, width);
    places.y =
        centres(u.select(2, 1), (sine * places.width + cosine * places.height) / 2, t.top, t.bottom, height);
}

} // namespace

void PatchTransforms::check() const
{
    checkRange("left", left, 0, 1, kTransformsWhere);
    checkRange("right", right, left, 1, kTransformsWhere);
    checkRange("top", top, 0, 1, kTransformsWhere);
    checkRange("bottom", bottom, top, 1, kTransformsWhere);
    checkRange("sizeLow", sizeLow, 0.001, 4, kTransformsWhere);
    checkRange("sizeHigh", sizeHigh, sizeLow, 4, kTransformsWhere);
    checkRange("angle", angle, 0, 180, kTransformsWhere);
    checkRange("offset", offset, 0, 2, kTransformsWhere);
    checkRange("contrastLow", contrastLow, 0, 10, kTransformsWhere);
    checkRange("contrastHigh", contrastHigh, contrastLow, 10, kTransformsWhere);
    checkRange("brightness", brightness, 0, 1, kTransformsWhere);
    checkRange("noise", noise, 0, 1, kTransformsWhere);
}

PatchDraw drawTransforms(const PatchTransforms& t, const RandomStreams& streams, const torch::Tensor& samples,
                         std::int64_t iteration, torch::IntArrayRef imageSizes, torch::IntArrayRef patchSizes,
                         const PatchBoxes& boxes)
{
    const torch::NoGradGuard off;
    const auto height = static_cast<double>(imageSizes[imageSizes.size() - 2]);
    const auto width = static_cast<double>(imageSizes[imageSizes.size() - 1]);
    const double proportion = double(patchSizes[1]) / double(patchSizes[2]);
    const std::int64_t layers = boxes.defined() ? boxes.size(1) : 1;
    const auto drawn = [&](std::vector<std::int64_t> shape, std::int64_t purpose) {
        shape.insert(shape.begin(), 1);
        return streams.uniform(torch::empty(shape), samples, 2 * iteration + purpose);
    };
    const torch::Tensor u = drawn({layers, kDrawsOfPlace}, 0);

    PatchDraw draw;
    PatchPlaces& places = draw.places;
    places.angle = between(u.select(2, 3), -t.angle, t.angle);
    places.width = between(u.select(2, 2), t.sizeLow, t.sizeHigh);
    if (boxes.defined()) {
        const torch::Tensor boxWidth = boxes.select(2, 2);
        const torch::Tensor boxHeight = boxes.select(2, 3);
        places.width = places.width * (boxWidth.square() + boxHeight.square()).sqrt_();
        places.height = places.width * proportion;
        places.x = boxes.select(2, 0) + boxWidth * between(u.select(2, 0), 0.5 - t.offset, 0.5 + t.offset);
        places.y = boxes.select(2, 1) + boxHeight * between(u.select(2, 1), 0.5 - t.offset, 0.5 + t.offset);
    } else {
        places.width = places.width * std::min(height, width);
        places.height = places.width * proportion;
        placeOnImage(places, t, u, height, width);
    }
    if (t.contrastLow != 1 || t.contrastHigh != 1)
        draw.contrast = between(u.select(2, 4), t.contrastLow, t.contrastHigh);
    if (t.brightness > 0)
        draw.brightness = between(u.select(2, 5), -t.brightness, t.brightness);
    if (t.noise > 0)
        draw.noise = between(drawn(patchSizes.vec(), 1), -t.noise, t.noise);
    return draw;
}

torch::Tensor applyDraw(const torch::Tensor& images, const torch::Tensor& patch, const torch::Tensor& mask,
                        const PatchDraw& draw)
{
    if (!draw.contrast.defined() && !draw.brightness.defined() && !draw.noise.defined())
        return applyPatch(images, patch, mask, draw.places);
    const auto perImage = [](const torch::Tensor& t, std::int64_t layer) {
        return t.select(1, layer).view({-1, 1, 1, 1});
    };
    const torch::Tensor each = patch.dim() == 4 ? patch : patch.unsqueeze(0);
    torch::Tensor shown = images;
    for (std::int64_t layer = 0; layer < draw.places.layers(); ++layer) {
        torch::Tensor seen = each;
        if (draw.contrast.defined())
            seen = seen * perImage(draw.contrast, layer);
        if (draw.brightness.defined())
            seen = seen + perImage(draw.brightness, layer);
        if (draw.noise.defined())
            seen = seen + draw.noise;
        shown = applyPatch(shown, seen.clamp(0, 1), mask, draw.places.layer(layer));
    }
    return shown;
}

} // namespace assay::attacks
