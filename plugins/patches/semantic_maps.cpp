#include "plugins/patches/semantic_maps.h"

#include "backend/arrays/array_bundle.h"
#include "backend/engine/files.h"
#include "backend/imaging/image_codec.h"
#include "backend/models/saliency.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

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

torch::Tensor surrogateMaps(const models::Model& surrogate, const torch::Tensor& x, const torch::Tensor& y,
                            const std::function<void()>& check)
{
    if (x.size(0) > 0 && !models::lastSpatialTap(surrogate, x))
        throw Error("model '" + surrogate.name() + "' shows no layer that is an image, which Grad-CAM needs",
                    "surrogate",
                    "Choose a built-in convolutional network, or take masks from boxes or files.");
    return models::gradCam(surrogate, x, y, check);
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
