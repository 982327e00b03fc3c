#pragma once

#include "backend/imaging/fit.h"

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace assay::imaging {

/// Sides longer than this are refused before pixels are allocated.
inline constexpr int kMaxSide = 16384;
inline constexpr std::int64_t kMaxPixels = std::int64_t(64) << 20;

/// How the bytes of an image file become pixels. The same options give the same pixels on every machine.
///
/// Values of 16 bits are scaled to 8 exactly: v * 255 / 65535, rounded to the nearest (OpenCV and libpng cut
/// the low byte off instead). Grey from colours is 0.299 R + 0.587 G + 0.114 B, rounded. Of files with more
/// than one picture the first is read.
struct DecodeOptions
{
    int channels = 3; ///< 1 grey, 3 RGB, 4 RGB and alpha; 0: as the file has it
    /// Transparent pixels are laid on this RGB colour, unless 4 channels are asked for.
    std::array<std::uint8_t, 3> background = {255, 255, 255};
    /// Whether the EXIF orientation (JPEG, PNG, WebP, TIFF) is applied, so that the image stands upright.
    bool upright = true;
    /// 1, 2, 4 or 8: a JPEG is decoded at that fraction of its sides (for thumbnails; much faster). Other
    /// kinds ignore it.
    int reduce = 1;
};

/// PNG file of an image uint8 [1, 3 or 4,H,W], RGB order. @throws Error for other shapes or types.
std::vector<std::uint8_t> encodePng(const torch::Tensor& image);

/// JPEG file of an image uint8 [1 or 3,H,W], RGB order, colours at half the resolution (4:2:0). @param
/// quality 1 .. 100. @throws Error for other shapes, types or qualities.
std::vector<std::uint8_t> encodeJpeg(const torch::Tensor& image, int quality);

/// PNG file with 16 bits a value of int16 [1 or 3,H,W], none below 0. @throws Error for anything else.
std::vector<std::uint8_t> encodeDeepPng(const torch::Tensor& image);

/// The values of such a file, int32 [1 or 3,H,W] from 0 to 65535, unscaled. Bounds as in decodeImage().
/// @param where what the bytes are, for messages. @throws Error when they are no PNG with 16 bits a value.
torch::Tensor decodeDeepPng(std::span<const std::uint8_t> bytes, const std::string& where);

/// Decodes PNG, JPEG, BMP, TIFF or WebP bytes (told apart by content) into uint8 [C,H,W], RGB order.
/// The bytes are hostile: the size in the header is read first and bounded by kMaxSide and kMaxPixels. A JPEG
/// without its end is refused, though a decoder would fill the rest with grey.
/// Safe from any thread; silences OpenCV's log.
/// @param where what the bytes are, for messages. @throws Error when they are no image of these kinds, are
///              damaged, or hold values of other than 8 or 16 bits.
torch::Tensor decodeImage(std::span<const std::uint8_t> bytes, const DecodeOptions& options,
                          const std::string& where);

/// The same with C = 3, or 1 when @p grey.
torch::Tensor decodeImage(std::span<const std::uint8_t> bytes, bool grey, const std::string& where);

/// decodeImage(), fitted into @p out: uint8 [C,H,W] on the CPU, contiguous, C = options.channels (1, 3 or 4).
/// Margins of a letterbox are options.background. Scaling as in resize().
void decodeInto(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Fit fit,
                const torch::Tensor& out, const std::string& where);

/// Resizes [C,H,W] (uint8 or float32) to the given size: area averaging when shrinking, bilinear when
/// growing.
/// @throws Error for other shapes or types, or a side outside 1 .. kMaxSide.
torch::Tensor resize(const torch::Tensor& image, int height, int width);

} // namespace assay::imaging
