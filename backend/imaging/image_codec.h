#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace assay::imaging {

/// Sides longer than this are refused before pixels are allocated.
inline constexpr int kMaxSide = 16384;
inline constexpr std::int64_t kMaxPixels = std::int64_t(64) << 20;

/// PNG file of an image uint8 [1 or 3,H,W], RGB order. @throws Error for other shapes or types.
std::vector<std::uint8_t> encodePng(const torch::Tensor& image);

/// Decodes PNG, JPEG and BMP bytes into uint8 [C,H,W], RGB order, C = 3, or 1 when @p grey.
/// The bytes are hostile: the size in the header is read first and bounded by kMaxSide and kMaxPixels.
/// @param where what the bytes are, for messages. @throws Error when they are no image of these kinds.
torch::Tensor decodeImage(std::span<const std::uint8_t> bytes, bool grey, const std::string& where);

/// Resizes [C,H,W] (uint8 or float32) to the given size: area averaging when shrinking, bilinear when
/// growing.
/// @throws Error for other shapes or types, or a side outside 1 .. kMaxSide.
torch::Tensor resize(const torch::Tensor& image, int height, int width);

} // namespace assay::imaging
