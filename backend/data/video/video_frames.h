#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace assay::data {

/// Every @p step th frame of a video file, the first one included, as uint8 [3,H,W], RGB. The decoders are in
/// libassay_video, which is loaded at the first call: with OpenCV's it brings a hundred libraries, a tenth of
/// a second and 18 MB, which nothing else here is to pay for.
/// @param take is called with the frame and its number; what it throws ends the reading and is thrown here.
/// @returns how many frames were taken. @throws Error when the file cannot be decoded.
std::int64_t readFrames(const std::filesystem::path& file, std::int64_t step,
                        const std::function<void(const torch::Tensor& frame, std::int64_t number)>& take);

} // namespace assay::data
