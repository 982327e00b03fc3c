#include "backend/attacks/patch/placement.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <string>
#include <utility>

namespace assay::attacks {

namespace {

constexpr double kRadians = 0.017453292519943295; ///< of one degree
/// Stands for the width of a patch that is not there, so that nothing is divided by 0.
constexpr double kLeastSide = 1e-6;
constexpr std::int64_t kBilinear = 0;
constexpr std::int64_t kNearest = 1;
constexpr std::int64_t kBorder = 1;

/// Where the centre of each image pixel lies on the patch, as fractions of its width and height, float32
/// [n,H,W] each: inside from 0 to 1.
struct OnPatch
{
    torch::Tensor across;
    torch::Tensor down;
};

OnPatch onPatch(const torch::Tensor& images, const PatchPlaces& places, std::int64_t layer)
{
    const auto perImage = [&](const torch::Tensor& t) { return t.select(1, layer).view({-1, 1, 1}); };
    const auto options = places.x.options();
    const torch::Tensor dx = torch::arange(images.size(3), options).add_(0.5) - perImage(places.x);
    const torch::Tensor dy =
        torch::arange(images.size(2), options).add_(0.5).unsqueeze(1) - perImage(places.y);
    const torch::Tensor turned = perImage(places.angle) * kRadians;
    const torch::Tensor cosine = turned.cos();
    const torch::Tensor sine = turned.sin();
    return {(dx * cosine + dy * sine).div_(perImage(places.width).clamp_min(kLeastSide)).add_(0.5),
            (dy * cosine - dx * sine).div_(perImage(places.height).clamp_min(kLeastSide)).add_(0.5)};
}

/// What grid_sampler takes, [n,H,W,2].
torch::Tensor samplingGrid(const OnPatch& at)
{
    return torch::stack({at.across, at.down}, 3).mul_(2).sub_(1);
}

torch::Tensor batched(const torch::Tensor& patch, std::int64_t count)
{
    return patch.dim() == 4 ? patch
                            : patch.unsqueeze(0).expand({count, patch.size(0), patch.size(1), patch.size(2)});
}

/// float32 [n,1,H,W].
torch::Tensor coverOf(const OnPatch& at, const torch::Tensor& grid, const torch::Tensor& mask,
                      const torch::Tensor& width)
{
    torch::Tensor inside = at.across.ge(0)
                               .logical_and_(at.across.lt(1))
                               .logical_and_(at.down.ge(0))
                               .logical_and_(at.down.lt(1))
                               .logical_and_(width.gt(0).view({-1, 1, 1}))
                               .to(torch::kFloat32)
                               .unsqueeze(1);
    if (!mask.defined())
        return inside;
    return inside.mul_(torch::grid_sampler(batched(mask, grid.size(0)), grid, kNearest, kBorder, false));
}

void checkShapes(const torch::Tensor& images, const torch::Tensor& patch, const torch::Tensor& mask,
                 const PatchPlaces& places)
{
    const auto fits = [&](const torch::Tensor& t, std::int64_t channels) {
        const std::int64_t first = t.dim() - 3;
        return (first == 0 || (first == 1 && t.size(0) == images.size(0))) && t.size(first) == channels &&
               t.size(first + 1) > 0 && t.size(first + 2) > 0;
    };
    if (images.dim() != 4 || (patch.defined() && !fits(patch, images.size(1))))
        throw Error("a patch must have the channels of the images it is laid on" +
                    (images.dim() == 4 ? " (" + std::to_string(images.size(1)) + ")" : std::string()));
    if (mask.defined() && (!fits(mask, 1) || (patch.defined() && (mask.size(-1) != patch.size(-1) ||
                                                                  mask.size(-2) != patch.size(-2)))))
        throw Error("the mask of a patch must have one channel and the patch's height and width");
    if (places.x.dim() != 2 || places.count() != images.size(0))
        throw Error("a patch needs as many places as there are images: " + std::to_string(images.size(0)));
}

} // namespace

PatchPlaces PatchPlaces::narrow(std::int64_t first, std::int64_t count) const
{
    const auto part = [&](const torch::Tensor& t) { return t.narrow(0, first, count); };
    return {part(x), part(y), part(width), part(height), part(angle)};
}

PatchPlaces PatchPlaces::select(const torch::Tensor& rows) const
{
    const auto part = [&](const torch::Tensor& t) { return t.index_select(0, rows); };
    return {part(x), part(y), part(width), part(height), part(angle)};
}

PatchPlaces PatchPlaces::layer(std::int64_t index) const
{
    const auto part = [&](const torch::Tensor& t) { return t.narrow(1, index, 1); };
    return {part(x), part(y), part(width), part(height), part(angle)};
}

PatchPlaces PatchPlaces::to(torch::Device device) const
{
    return {x.to(device), y.to(device), width.to(device), height.to(device), angle.to(device)};
}

PatchPlaces placesOf(const std::vector<PatchPlace>& places, std::int64_t imageHeight, std::int64_t imageWidth,
                     std::int64_t patchHeight, std::int64_t patchWidth, torch::Device device)
{
    const auto shorter = static_cast<double>(std::min(imageHeight, imageWidth));
    torch::Tensor all = torch::empty({5, static_cast<std::int64_t>(places.size()), 1});
    auto numbers = all.accessor<float, 3>();
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        const double width = places[i].size * shorter;
        numbers[0][row][0] = static_cast<float>(places[i].x * double(imageWidth));
        numbers[1][row][0] = static_cast<float>(places[i].y * double(imageHeight));
        numbers[2][row][0] = static_cast<float>(width);
        numbers[3][row][0] = static_cast<float>(width * double(patchHeight) / double(patchWidth));
        numbers[4][row][0] = static_cast<float>(places[i].angle);
    }
    all = all.to(device);
    return {all[0], all[1], all[2], all[3], all[4]};
}

PatchPlaces placesOf(const PatchPlace& place, std::int64_t count, std::int64_t imageHeight,
                     std::int64_t imageWidth, std::int64_t patchHeight, std::int64_t patchWidth,
                     torch::Device device)
{
    const PatchPlaces one =
        placesOf(std::vector<PatchPlace>{place}, imageHeight, imageWidth, patchHeight, patchWidth, device);
    const auto repeated = [&](const torch::Tensor& t) { return t.expand({count, 1}); };
    return {repeated(one.x), repeated(one.y), repeated(one.width), repeated(one.height), repeated(one.angle)};
}

torch::Tensor applyPatch(const torch::Tensor& images, const torch::Tensor& patch, const torch::Tensor& mask,
                         const PatchPlaces& places)
{
    checkShapes(images, patch, mask, places);
    torch::Tensor shown = images;
    for (std::int64_t layer = 0; layer < places.layers(); ++layer) {
        const OnPatch at = onPatch(images, places, layer);
        const torch::Tensor grid = samplingGrid(at);
        const torch::Tensor cover = coverOf(at, grid, mask, places.width.select(1, layer));
        const torch::Tensor colour =
            torch::grid_sampler(batched(patch, images.size(0)), grid, kBilinear, kBorder, false);
        // Not image + cover * (colour - image), which rounds where the patch is opaque.
        shown = shown * (1 - cover) + colour * cover;
    }
    return shown;
}

torch::Tensor patchCover(const torch::Tensor& images, const torch::Tensor& mask, const PatchPlaces& places)
{
    checkShapes(images, {}, mask, places);
    torch::Tensor free = torch::ones({images.size(0), 1, images.size(2), images.size(3)}, places.x.options());
    for (std::int64_t layer = 0; layer < places.layers(); ++layer) {
        const OnPatch at = onPatch(images, places, layer);
        free.mul_(1 - coverOf(at, samplingGrid(at), mask, places.width.select(1, layer)));
    }
    return 1 - free;
}

} // namespace assay::attacks
