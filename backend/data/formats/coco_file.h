#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::data {

struct CocoImage
{
    std::int64_t id = 0;
    std::string file; ///< file_name
};

struct CocoBox
{
    std::int64_t image = 0;
    std::int64_t category = 0;
    float x = 0;
    float y = 0;
    float width = 0;
    float height = 0;
    bool crowd = false;
};

struct CocoCategory
{
    std::int64_t id = 0;
    std::string name;
};

/// What is read of a COCO file (object detection form): images, the boxes of annotations, categories, each in
/// the order of the file. Segmentations, licences and the rest are passed over.
struct CocoFile
{
    std::vector<CocoImage> images;
    std::vector<CocoBox> boxes;
    std::vector<CocoCategory> categories;
    std::int64_t badBoxes = 0; ///< annotations without a box that is a rectangle
};

/// Reads without building the file's tree, so memory stays near that of what is kept.
/// @throws Error when the file is no JSON, larger than kMaxCocoBytes, nested too deeply, or an image or
///         category lacks its id or name, or there are too many of them.
CocoFile readCoco(const std::filesystem::path& file);

/// Whether the file ends in .json and its first 64 KiB look like a COCO file's.
bool looksLikeCoco(const std::filesystem::path& file);

inline constexpr std::uintmax_t kMaxCocoBytes = std::uintmax_t(1) << 30;
inline constexpr std::size_t kMaxCocoBoxes = 16'000'000;

} // namespace assay::data
