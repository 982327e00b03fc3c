#include "plugins/patches/pod_augmentation.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

namespace assay::patches::pod {

namespace {

constexpr std::array kFamilies = {Family::Cutout, Family::Noise, Family::Inverted, Family::Geometry};

float clipped(double value)
{
    return static_cast<float>(std::clamp(value, 0.0, 1.0));
}

/// Gaussian blur of a square, edges repeated.
void blur(PatchPixels& patch, double sigma)
{
    const int reach = std::max(1, static_cast<int>(std::ceil(3 * sigma)));
    std::vector<double> kernel;
    double sum = 0;
    for (int k = -reach; k <= reach; ++k) {
        kernel.push_back(std::exp(-0.5 * k * k / (sigma * sigma)));
        sum += kernel.back();
    }
    const int side = patch.side;
    std::vector<float> rows(patch.values.size());
    const auto pass = [&](const std::vector<float>& from, std::vector<float>& to, int stepX, int stepY) {
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) {
                double value = 0;
                for (int k = -reach; k <= reach; ++k) {
                    const int sx = std::clamp(x + k * stepX, 0, side - 1);
                    const int sy = std::clamp(y + k * stepY, 0, side - 1);
                    value += kernel[static_cast<std::size_t>(k + reach)] *
                             from[static_cast<std::size_t>(sy * side + sx)];
                }
                to[static_cast<std::size_t>(y * side + x)] = static_cast<float>(value / sum);
            }
    };
    pass(patch.values, rows, 1, 0);
    pass(rows, patch.values, 0, 1);
}

PatchPixels noisePatch(int side, double blurSigmaHigh, Draws& draws)
{
    PatchPixels patch{side, std::vector<float>(static_cast<std::size_t>(side) * side)};
    const double contrast = draws.between(0.5, 1.5), brightness = draws.between(-50, 50) / 255;
    for (float& value : patch.values)
        value = clipped(contrast * draws.unit() + brightness);
    if (draws.unit() < 0.5)
        blur(patch, draws.between(blurSigmaHigh / 3, blurSigmaHigh));
    return patch;
}

PatchPixels invertedPatch(int side, const torch::Tensor& image, Draws& draws)
{
    PatchPixels patch{side, std::vector<float>(static_cast<std::size_t>(side) * side)};
    const std::int64_t height = image.size(1), width = image.size(2);
    const std::int64_t top = draws.whole(0, height - side), left = draws.whole(0, width - side);
    const float* pixels = image.data_ptr<float>();
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
            patch.values[static_cast<std::size_t>(y * side + x)] = 1 - pixels[(top + y) * width + left + x];
    return patch;
}

/// A shape by what lies inside of it, in units of the patch's side.
std::function<bool(double, double)> randomShape(Draws& draws)
{
    const double cx = draws.unit(), cy = draws.unit();
    const auto kind = draws.whole(0, 2);
    if (kind == 2) {
        std::array<std::array<double, 2>, 3> p{};
        for (auto& corner : p)
            corner = {draws.unit(), draws.unit()};
        return [p](double x, double y) {
            int positive = 0;
            for (std::size_t i = 0; i < 3; ++i) {
                const auto& a = p[i];
                const auto& b = p[(i + 1) % 3];
                positive += (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0;
            }
            return positive == 0 || positive == 3;
        };
    }
    const double rx = draws.between(0.1, 0.4), ry = kind == 0 ? rx : draws.between(0.1, 0.4);
    return [=](double x, double y) {
        return (x - cx) * (x - cx) / (rx * rx) + (y - cy) * (y - cy) / (ry * ry) <= 1;
    };
}

PatchPixels geometryPatch(int side, Draws& draws)
{
    PatchPixels patch{side, std::vector<float>(static_cast<std::size_t>(side) * side)};
    std::ranges::fill(patch.values, draws.unit() < 0.5 ? 0.0F : 1.0F);
    for (auto shapes = draws.whole(5, 9); shapes > 0; --shapes) {
        const auto inside = randomShape(draws);
        const auto value = static_cast<float>(draws.unit());
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                if (inside((x + 0.5) / side, (y + 0.5) / side))
                    patch.values[static_cast<std::size_t>(y * side + x)] = value;
    }
    for (float& value : patch.values)
        value = clipped(value + 0.05 * draws.normal());
    return patch;
}

void checkPasting(const torch::Tensor& images, const RandomPatches& how)
{
    if (images.dim() != 4 || images.scalar_type() != torch::kFloat32 || !images.is_cpu() ||
        !images.is_contiguous())
        throw Error("patches are pasted into float32 [N,C,H,W] on the CPU", "augmentation");
    if (!(how.sideLow > 0) || !(how.sideHigh <= 1) || how.sideLow > how.sideHigh)
        throw Error("sides of patches must ascend within (0, 1] of the image's shorter side", "augmentation");
}

/// Half the side of the next patch, 0 where none fits.
std::int64_t drawnHalf(const torch::Tensor& image, const RandomPatches& how, Draws& draws)
{
    const auto shorter = static_cast<double>(std::min(image.size(1), image.size(2)));
    const auto low = std::max<std::int64_t>(1, std::llround(how.sideLow * shorter / 2));
    auto half = draws.whole(low, std::max<std::int64_t>(low, std::llround(how.sideHigh * shorter / 2)));
    while (half > 0 && diagonal(static_cast<int>(2 * half)) > static_cast<int>(shorter))
        --half;
    return half;
}

using MakePatch = std::function<PatchPixels(int side, const torch::Tensor& image, Family& family)>;

std::vector<PastedPatch> pasteEach(const torch::Tensor& images, const RandomPatches& how, Draws& draws,
                                   const torch::Tensor& which, const MakePatch& make)
{
    checkPasting(images, how);
    const torch::Tensor wanted = which.defined() ? which.to(torch::kBool).cpu().contiguous() : which;
    std::vector<PastedPatch> labels;
    for (std::int64_t n = 0; n < images.size(0); ++n) {
        if (wanted.defined() && !wanted.data_ptr<bool>()[n])
            continue;
        const torch::Tensor image = images[n];
        for (int k = 0; k < how.count; ++k) {
            const int side = static_cast<int>(2 * drawnHalf(image, how, draws));
            if (side == 0)
                break;
            Family family = Family::Noise;
            const PatchPixels patch = make(side, image, family);
            PastePlace place;
            place.degrees = draws.between(0, 360);
            place.left = static_cast<int>(draws.whole(0, image.size(2) - diagonal(side)));
            place.top = static_cast<int>(draws.whole(0, image.size(1) - diagonal(side)));
            paste(image, patch, place);
            PastedPatch label = labelOf(side, place);
            label.image = n;
            label.family = family;
            labels.push_back(label);
        }
    }
    return labels;
}

} // namespace

const char* familyName(Family family)
{
    switch (family) {
    case Family::Cutout:
        return "cutout";
    case Family::Noise:
        return "noise";
    case Family::Inverted:
        return "inv";
    case Family::Geometry:
        return "geometry";
    }
    return "";
}

Family familyFromName(const std::string& name)
{
    for (const Family family : kFamilies)
        if (name == familyName(family))
            return family;
    throw Error("there is no family of random patches '" + name + "'", "families",
                "Choose among cutout, noise, inv and geometry.");
}

int diagonal(int side)
{
    return static_cast<int>(std::ceil(std::numbers::sqrt2 * side));
}

PastedPatch labelOf(int side, const PastePlace& place)
{
    const int square = diagonal(side);
    const auto box = static_cast<float>(side + square / 4);
    PastedPatch label;
    label.x = static_cast<float>(place.left) + (static_cast<float>(square) - box) / 2;
    label.y = static_cast<float>(place.top) + (static_cast<float>(square) - box) / 2;
    label.width = label.height = box;
    return label;
}

void paste(const torch::Tensor& image, const PatchPixels& patch, const PastePlace& place)
{
    const std::int64_t channels = image.size(0), height = image.size(1), width = image.size(2);
    const int square = diagonal(patch.side);
    const double turn = place.degrees * std::numbers::pi / 180;
    const double c = std::cos(turn), s = std::sin(turn), half = patch.side / 2.0, middle = square / 2.0;
    float* pixels = image.data_ptr<float>();
    for (int r = 0; r < square; ++r) {
        const std::int64_t y = place.top + r;
        if (y < 0 || y >= height)
            continue;
        for (int q = 0; q < square; ++q) {
            const std::int64_t x = place.left + q;
            const double dx = q + 0.5 - middle, dy = r + 0.5 - middle;
            // The image's y points down: counter-clockwise on the screen.
            const int u = static_cast<int>(std::floor(c * dx - s * dy + half));
            const int v = static_cast<int>(std::floor(s * dx + c * dy + half));
            if (x < 0 || x >= width || u < 0 || u >= patch.side || v < 0 || v >= patch.side)
                continue;
            const float value = patch.values[static_cast<std::size_t>(v * patch.side + u)];
            for (std::int64_t channel = 0; channel < channels; ++channel)
                pixels[(channel * height + y) * width + x] = value;
        }
    }
}

PatchPixels drawPatch(Family family, int side, const torch::Tensor& image, double blurSigmaHigh, Draws& draws)
{
    switch (family) {
    case Family::Noise:
        return noisePatch(side, blurSigmaHigh, draws);
    case Family::Inverted:
        return invertedPatch(side, image, draws);
    case Family::Geometry:
        return geometryPatch(side, draws);
    case Family::Cutout:
        break;
    }
    return {side, std::vector<float>(static_cast<std::size_t>(side) * side)};
}

std::vector<PastedPatch> pasteRandomPatches(const torch::Tensor& images, const RandomPatches& how,
                                            Draws& draws, const torch::Tensor& which)
{
    if (how.families.empty())
        throw Error("there is no family of patches to draw from", "augmentation");
    const auto last = static_cast<std::int64_t>(how.families.size()) - 1;
    return pasteEach(images, how, draws, which, [&](int side, const torch::Tensor& image, Family& family) {
        family = how.families[static_cast<std::size_t>(draws.whole(0, last))];
        const auto shorter = std::min(image.size(1), image.size(2));
        const double sigma = 6.0 / 64 * how.sideHigh * static_cast<double>(shorter);
        return drawPatch(family, side, image, sigma, draws);
    });
}

std::vector<PastedPatch> pasteStoredPatches(const torch::Tensor& images,
                                            const std::vector<torch::Tensor>& patches,
                                            const RandomPatches& how, Draws& draws,
                                            const torch::Tensor& which)
{
    if (patches.empty())
        throw Error("there is no learned patch to paste", "augmentation");
    const auto last = static_cast<std::int64_t>(patches.size()) - 1;
    return pasteEach(images, how, draws, which, [&](int side, const torch::Tensor&, Family&) {
        const torch::Tensor& stored = patches[static_cast<std::size_t>(draws.whole(0, last))];
        const auto at = stored.accessor<float, 2>();
        PatchPixels patch{side, std::vector<float>(static_cast<std::size_t>(side) * side)};
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                patch.values[static_cast<std::size_t>(y * side + x)] =
                    at[y * stored.size(0) / side][x * stored.size(1) / side];
        return patch;
    });
}

} // namespace assay::patches::pod
