#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::medlocker {

/// An image of which it is asked whether it has a certificate.
struct CheckedImage
{
    std::string name;                   ///< of the file, or of the row in an array
    torch::Tensor pixels;               ///< uint8 [C,H,W] on the CPU
    std::optional<std::int64_t> sample; ///< which sample it claims to be
};

/// Images from a NPZ file (`images` uint8 [N,C,H,W], optionally `ids` [N]; as patches.medlocker writes them)
/// or a folder of pictures, whose names, where they are numbers, are the samples. Pictures stay grey or
/// coloured as they are.
/// @throws Error when there are none, or one is no picture.
std::vector<CheckedImage> readCheckedImages(const std::string& location);

} // namespace assay::medlocker
