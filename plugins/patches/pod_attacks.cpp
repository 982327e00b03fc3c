#include "plugins/patches/pod_attacks.h"

#include "backend/attacks/patch/placement.h"
#include "backend/attacks/patch/transforms.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::patches::pod {

namespace {

attacks::PatchTransforms onObjects(double size, double offset, double angle)
{
    attacks::PatchTransforms transforms;
    transforms.sizeLow = transforms.sizeHigh = size;
    transforms.offset = offset;
    transforms.angle = angle;
    return transforms;
}

} // namespace

attacks::TrainedPatch learnPatch(std::shared_ptr<const models::Detector> detector, const Scenes& scenes,
                                 const AdvPatchSpec& spec, const attacks::PatchHooks& hooks)
{
    attacks::DetectorLoss loss;
    loss.classes = {spec.object};
    if (spec.quiet >= 0)
        loss.classes.push_back(spec.quiet);
    attacks::PatchTraining how;
    how.channels = scenes.pixels.size(1);
    how.height = how.width = spec.side;
    how.rate = spec.rate;
    how.steps = spec.steps;
    how.batch = spec.batch;
    how.variation = spec.variation;
    how.restarts = spec.restarts;
    how.seed = spec.seed;
    how.transforms = onObjects(spec.size, spec.offset, spec.angle);
    how.transforms.contrastLow = 0.8;
    how.transforms.contrastHigh = 1.2;
    how.transforms.brightness = 0.1;
    how.transforms.noise = 0.1;
    const torch::Device device = detector->device();
    const auto objective = attacks::detectorObjective(std::move(detector), loss);
    return attacks::trainPatch(*objective, scenes.images(), torch::zeros({scenes.size()}, torch::kInt64),
                               paddedBoxes(scenes.objects).to(device), how, hooks);
}

torch::Tensor shapeMask(const std::string& shape, std::int64_t side)
{
    if (shape != "bar" && shape != "triangle")
        return attacks::patchMask(shape, side, side);
    const torch::Tensor mask = torch::zeros({1, side, side});
    auto at = mask.accessor<float, 3>();
    for (std::int64_t y = 0; y < side; ++y)
        for (std::int64_t x = 0; x < side; ++x) {
            const double u = std::abs((double(x) + 0.5) / double(side) - 0.5),
                         v = (double(y) + 0.5) / double(side);
            at[0][y][x] = shape == "bar" ? std::abs(v - 0.5) <= 1.0 / 6 : u <= v / 2;
        }
    return mask;
}

data::Box boxAround(const torch::Tensor& mask, double x, double y, double width, double height,
                    double degrees)
{
    const torch::Tensor cells = mask[0].nonzero();
    if (cells.size(0) == 0)
        return {};
    const torch::Tensor low = std::get<0>(cells.min(0)), high = std::get<0>(cells.max(0)) + 1;
    const auto along = [](const torch::Tensor& corner, std::int64_t i, std::int64_t side) {
        return double(corner[i].item<std::int64_t>()) / double(side) - 0.5;
    };
    const double turn = degrees * std::numbers::pi / 180, c = std::cos(turn), s = std::sin(turn);
    double left = 1e30, top = 1e30, right = -1e30, bottom = -1e30;
    for (const double u : {along(low, 1, mask.size(2)) * width, along(high, 1, mask.size(2)) * width})
        for (const double v : {along(low, 0, mask.size(1)) * height, along(high, 0, mask.size(1)) * height}) {
            left = std::min(left, x + c * u - s * v);
            right = std::max(right, x + c * u - s * v);
            top = std::min(top, y + s * u + c * v);
            bottom = std::max(bottom, y + s * u + c * v);
        }
    data::Box box;
    box.category = kPatch;
    box.x = static_cast<float>(left);
    box.y = static_cast<float>(top);
    box.width = static_cast<float>(right - left);
    box.height = static_cast<float>(bottom - top);
    return box;
}

Attacked pasteOnObjects(const torch::Tensor& images, const BoxLists& objects, const torch::Tensor& patch,
                        const torch::Tensor& mask, const OnObjects& how)
{
    const torch::NoGradGuard off;
    const std::int64_t count = images.size(0);
    const attacks::RandomStreams streams(how.seed, 0x706f64);
    const torch::Tensor boxes = paddedBoxes(objects);
    const attacks::PatchDraw draw =
        attacks::drawTransforms(onObjects(how.size, how.offset, how.angle), streams, torch::arange(count), 0,
                                images.sizes(), patch.sizes(), boxes);
    Attacked attacked{attacks::applyPatch(images, patch, mask, draw.places), BoxLists(objects.size())};
    const auto value = [](const torch::Tensor& of, std::size_t i, std::size_t k) {
        return double(of[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(k)].item<float>());
    };
    for (std::size_t i = 0; i < objects.size(); ++i)
        for (std::size_t k = 0; k < objects[i].size(); ++k) {
            const attacks::PatchPlaces& at = draw.places;
            data::Box box = boxAround(mask, value(at.x, i, k), value(at.y, i, k), value(at.width, i, k),
                                      value(at.height, i, k), value(at.angle, i, k));
            box.sample = static_cast<std::int64_t>(i);
            attacked.patches[i].push_back(box);
        }
    return attacked;
}

} // namespace assay::patches::pod
