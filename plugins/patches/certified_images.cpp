#include "plugins/patches/certified_images.h"

#include "backend/arrays/array_bundle.h"
#include "backend/engine/files.h"
#include "backend/imaging/image_codec.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <span>

namespace assay::medlocker {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostArrayBytes = std::uint64_t(4) << 30;
constexpr std::uint64_t kMostFileBytes = 256 << 20;
constexpr std::array<const char*, 6> kEndings = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".webp"};

std::optional<std::int64_t> sampleFromName(const std::string& stem)
{
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), id);
    return error == std::errc() && end == stem.data() + stem.size() ? std::optional(id) : std::nullopt;
}

std::vector<CheckedImage> imagesFromArrays(const std::string& location)
{
    const arrays::ArrayBundle bundle(location);
    const torch::Tensor pixels = bundle.array("images", kMostArrayBytes).values;
    if (!pixels.defined() || pixels.dim() != 4 || pixels.scalar_type() != torch::kUInt8)
        throw Error("'images' must be uint8 [N,C,H,W]", location);
    torch::Tensor ids;
    if (bundle.has("ids"))
        ids = bundle.array("ids", kMostArrayBytes).values;
    if (ids.defined() && (ids.dim() != 1 || ids.size(0) != pixels.size(0)))
        throw Error("'ids' must have as many numbers as there are images", location);
    std::vector<CheckedImage> images;
    for (std::int64_t i = 0; i < pixels.size(0); ++i) {
        CheckedImage image{.name = "row " + std::to_string(i), .pixels = pixels[i].contiguous()};
        if (ids.defined())
            image.sample = ids[i].item<std::int64_t>();
        images.push_back(std::move(image));
    }
    return images;
}

std::vector<CheckedImage> imagesFromFolder(const std::string& location)
{
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(location))
        if (std::ranges::find(kEndings, entry.path().extension().string()) != kEndings.end())
            files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<CheckedImage> images;
    for (const fs::path& file : files) {
        const std::string bytes = engine::readFile(file, kMostFileBytes);
        const std::span view(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        torch::Tensor pixels =
            imaging::decodeImage(view, imaging::DecodeOptions{.channels = 0}, file.string());
        // Transparency is none of ours.
        const std::int64_t channels = pixels.size(0) >= 3 ? 3 : 1;
        images.push_back({.name = file.filename().string(),
                          .pixels = pixels.narrow(0, 0, channels).contiguous(),
                          .sample = sampleFromName(file.stem().string())});
    }
    return images;
}

} // namespace

std::vector<CheckedImage> readCheckedImages(const std::string& location)
{
    if (location.empty() || !fs::exists(location))
        throw Error(location.empty() ? "no images were given" : "there is no such file or folder",
                    location.empty() ? "images" : location,
                    "Give the watermarked.npz of a run, or a folder of pictures.");
    std::vector<CheckedImage> images =
        fs::is_directory(location) ? imagesFromFolder(location) : imagesFromArrays(location);
    if (images.empty())
        throw Error("there are no images", location,
                    "Give the watermarked.npz of a run, or a folder of pictures.");
    return images;
}

} // namespace assay::medlocker
