#include "plugins/patches/semantic_maps.h"

#include "backend/arrays/array_bundle.h"
#include "backend/engine/files.h"
#include "backend/imaging/image_codec.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/autograd.h>
#include <torch/nn/functional/upsampling.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <span>

namespace assay::medlocker {

namespace {

constexpr float kFull = 255;
constexpr std::uint64_t kMostMaskBytes = std::uint64_t(2) << 30;
constexpr std::uint64_t kMostPictureBytes = 64 << 20;

struct SpatialTap
{
    std::string name;
    torch::Tensor value;
};

/// A forward pass that keeps the last tap with a height and a width.
SpatialTap runWithTap(const models::Model& model, const torch::Tensor& x, torch::Tensor* logits)
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

torch::Tensor camOfChunk(const models::Model& model, torch::Tensor x, const torch::Tensor& y)
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
    const torch::Tensor scaled =
        torch::where(range > 0, (cam - low) / range.clamp_min(1e-30F) * kFull, torch::zeros_like(cam));
    namespace F = torch::nn::functional;
    return F::interpolate(scaled.contiguous(), F::InterpolateFuncOptions()
                                                   .size(std::vector<std::int64_t>{x.size(2), x.size(3)})
                                                   .mode(torch::kBilinear)
                                                   .align_corners(false))
        .squeeze(1)
        .cpu();
}

torch::Tensor resizedMap(const torch::Tensor& map, std::int64_t height, std::int64_t width)
{
    if (map.size(0) == height && map.size(1) == width)
        return map;
    return imaging::resize(map.unsqueeze(0).contiguous(), static_cast<int>(height), static_cast<int>(width))
        .squeeze(0);
}

[[noreturn]] void refuseSample(std::int64_t id, const std::string& location)
{
    throw Error("there is no mask of sample " + std::to_string(id), location,
                "Add it, or protect by Grad-CAM instead.");
}

torch::Tensor mapsFromArrays(const std::string& location, const torch::Tensor& ids, std::int64_t height,
                             std::int64_t width)
{
    const arrays::ArrayBundle bundle(location);
    torch::Tensor masks = bundle.array("masks", kMostMaskBytes).values;
    const torch::Tensor known = bundle.array("ids", kMostMaskBytes).values;
    if (!masks.defined() || masks.dim() != 3 || !known.defined() || known.dim() != 1 ||
        known.size(0) != masks.size(0))
        throw Error("'masks' must be [N,H,W] and 'ids' [N]", location);
    const bool bytes = masks.scalar_type() == torch::kUInt8;
    std::map<std::int64_t, std::int64_t> rows;
    const torch::Tensor wide = known.to(torch::kInt64).contiguous();
    for (std::int64_t i = 0; i < wide.numel(); ++i)
        rows[wide.data_ptr<std::int64_t>()[i]] = i;
    torch::Tensor maps = torch::empty({ids.size(0), height, width});
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        const auto found = rows.find(ids[i].item<std::int64_t>());
        if (found == rows.end())
            refuseSample(ids[i].item<std::int64_t>(), location);
        const torch::Tensor map = masks[found->second].to(torch::kFloat32) * (bytes ? 1.0F : kFull);
        maps[i].copy_(resizedMap(map, height, width));
    }
    return maps;
}

torch::Tensor mapsFromPictures(const std::string& location, const torch::Tensor& ids, std::int64_t height,
                               std::int64_t width)
{
    torch::Tensor maps = torch::empty({ids.size(0), height, width});
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        const std::int64_t id = ids[i].item<std::int64_t>();
        const std::filesystem::path file = std::filesystem::path(location) / (std::to_string(id) + ".png");
        if (!std::filesystem::exists(file))
            refuseSample(id, location);
        const std::string bytes = engine::readFile(file, kMostPictureBytes);
        const torch::Tensor map =
            imaging::decodeImage(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()),
                                 true, file.string());
        maps[i].copy_(resizedMap(map[0].to(torch::kFloat32), height, width));
    }
    return maps;
}

} // namespace

std::string lastSpatialTap(const models::Model& model, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    const SpatialTap tap = runWithTap(model, x.narrow(0, 0, 1), nullptr);
    if (!tap.value.defined())
        throw Error("model '" + model.name() + "' shows no layer that is an image, which Grad-CAM needs",
                    "surrogate",
                    "Choose a built-in convolutional network, or take masks from boxes or files.");
    return tap.name;
}

torch::Tensor gradCam(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                      const std::function<void()>& check)
{
    torch::Tensor maps = torch::empty({x.size(0), x.size(2), x.size(3)});
    if (x.size(0) == 0)
        return maps;
    lastSpatialTap(model, x);
    models::forEachChunk(
        x.size(0), models::kChunkImages, model.device(), [&](std::int64_t first, std::int64_t count) {
            if (check)
                check();
            const torch::Tensor part = x.narrow(0, first, count).detach().to(model.device()).clone();
            const torch::Tensor cam = camOfChunk(model, part, y.narrow(0, first, count).to(model.device()));
            const torch::NoGradGuard off;
            maps.narrow(0, first, count).copy_(cam);
        });
    return maps;
}

torch::Tensor boxMaps(const data::Dataset& dataset, const torch::Tensor& ids)
{
    const data::DatasetInfo& info = dataset.info();
    const std::vector<data::Box>& boxes = dataset.samples(data::Split::Test).boxes;
    if (boxes.empty())
        throw Error("data set '" + info.name + "' has no boxes to protect", "mask",
                    "Protect by Grad-CAM or give masks in a file.");
    torch::Tensor maps = torch::zeros({ids.size(0), info.height, info.width});
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        const std::int64_t id = ids[i].item<std::int64_t>();
        auto box = std::ranges::lower_bound(boxes, id, {}, &data::Box::sample);
        for (; box != boxes.end() && box->sample == id; ++box) {
            const auto clipped = [](float at, std::int64_t most) {
                return std::clamp(static_cast<std::int64_t>(at), std::int64_t(0), most);
            };
            const std::int64_t left = clipped(std::floor(box->x), info.width);
            const std::int64_t top = clipped(std::floor(box->y), info.height);
            const std::int64_t right = clipped(std::ceil(box->x + box->width), info.width);
            const std::int64_t bottom = clipped(std::ceil(box->y + box->height), info.height);
            if (right > left && bottom > top)
                maps[i].narrow(0, top, bottom - top).narrow(1, left, right - left).fill_(kFull);
        }
    }
    return maps;
}

torch::Tensor fileMaps(const std::string& location, const torch::Tensor& ids, std::int64_t height,
                       std::int64_t width)
{
    if (location.empty())
        throw Error("no file or folder of masks was given", "mask_file",
                    "Give a folder with ID.png for each sample, or a NPZ file with 'masks' and 'ids'.");
    if (!std::filesystem::exists(location))
        throw Error("there is no such file or folder", location);
    bool pictures = false;
    if (std::filesystem::is_directory(location))
        for (const auto& entry : std::filesystem::directory_iterator(location))
            pictures = pictures || entry.path().extension() == ".png";
    return pictures ? mapsFromPictures(location, ids, height, width)
                    : mapsFromArrays(location, ids, height, width);
}

} // namespace assay::medlocker
