#pragma once

#include "backend/data/dataset.h"
#include "backend/data/images/image_file.h"
#include "backend/imaging/image_codec.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace assay::data {

/// The pictures of one split, in the order of their ids.
struct ImagePart
{
    SampleTable table;                ///< names: relative to the root, what is read
    std::vector<std::int64_t> labels; ///< [N]
    std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
};

/// A data set of picture files as a reader found it, before any picture is decoded.
struct ImageList
{
    std::vector<std::string> classes;
    std::array<ImagePart, 2> parts; ///< training, test
    /// Files besides the pictures that say what the set is (the CSV, the JSON); part of its hash.
    std::vector<std::filesystem::path> described;

    ImagePart& part(Split split) { return parts[split == Split::Train ? 0 : 1]; }
    const ImagePart& part(Split split) const { return parts[split == Split::Train ? 0 : 1]; }
    std::int64_t count() const { return parts[0].size() + parts[1].size(); }
};

/// What every picture of a data set is made into.
struct ImageShape
{
    std::int64_t channels = 3; ///< 1 or 3
    std::int64_t height = 0;
    std::int64_t width = 0;
    imaging::Fit fit = imaging::Fit::Crop;
    std::array<std::uint8_t, 3> background = {255, 255, 255};
    bool upright = true;

    std::int64_t bytes() const { return channels * height * width; }
    imaging::DecodeOptions decodeOptions() const
    {
        return {.channels = static_cast<int>(channels), .background = background, .upright = upright};
    }
};

inline constexpr std::int64_t kMaxImages = 4'000'000;
inline constexpr std::int64_t kMaxImageClasses = 20'000;
inline constexpr std::int64_t kMaxTargetSide = 4096;

} // namespace assay::data
