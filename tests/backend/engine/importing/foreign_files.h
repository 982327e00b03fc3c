#pragma once

#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/model_file.h"

#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

// Files as a user would bring them, small enough for unit tests.

namespace assay::test {

namespace detail {

inline void put32(std::string& bytes, std::uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift & 0xff);
}

inline void write(const std::filesystem::path& file, const std::string& bytes)
{
    std::ofstream(file, std::ios::binary) << bytes;
}

} // namespace detail

inline constexpr int kSide = 8;
inline constexpr int kClasses = 4;

/// Pixel (y,x) of image i: class i % 4 lights one quarter of the picture.
inline std::uint8_t pixelOf(int image, int y, int x)
{
    const int quarter = (y >= kSide / 2 ? 2 : 0) + (x >= kSide / 2 ? 1 : 0);
    return quarter == image % kClasses ? static_cast<std::uint8_t>(200 + image % 50) : 10;
}

/// A folder of IDX files with images of 1 x 8 x 8 in 4 classes.
inline void writeIdxFolder(const std::filesystem::path& folder, int train = 40, int test = 24)
{
    std::filesystem::create_directories(folder);
    for (const auto& [prefix, count] : {std::pair<std::string, int>{"train", train}, {"t10k", test}}) {
        std::string images;
        std::string labels;
        detail::put32(images, 0x803);
        detail::put32(labels, 0x801);
        for (const int size : {count, kSide, kSide})
            detail::put32(images, static_cast<std::uint32_t>(size));
        detail::put32(labels, static_cast<std::uint32_t>(count));
        for (int i = 0; i < count; ++i) {
            labels += static_cast<char>(i % kClasses);
            for (int y = 0; y < kSide; ++y)
                for (int x = 0; x < kSide; ++x)
                    images += static_cast<char>(pixelOf(i, y, x));
        }
        detail::write(folder / (prefix + "-images-idx3-ubyte"), images);
        detail::write(folder / (prefix + "-labels-idx1-ubyte"), labels);
    }
}

/// A linear classifier for those images as a bare safetensors file, FOLDER/NAME.safetensors: a fully
/// connected layer that passes the four quarters' sums on, and one that tells them apart. It is right on
/// every image.
inline std::filesystem::path writeWeights(const std::filesystem::path& folder, const std::string& name)
{
    torch::Tensor first = torch::zeros({kClasses, kSide * kSide});
    for (int y = 0; y < kSide; ++y)
        for (int x = 0; x < kSide; ++x)
            first[(y >= kSide / 2 ? 2 : 0) + (x >= kSide / 2 ? 1 : 0)][y * kSide + x] = 1.0 / kSide;
    std::filesystem::create_directories(folder);
    const std::filesystem::path file = folder / (name + ".safetensors");
    models::writeSafetensors(file, {{"fc1.weight", first},
                                    {"fc1.bias", torch::zeros({kClasses})},
                                    {"out.weight", torch::eye(kClasses)},
                                    {"out.bias", torch::zeros({kClasses})}});
    return file;
}

/// Logits with labels as CSV, one of the six rows wrong.
inline std::filesystem::path writePredictions(const std::filesystem::path& folder, const std::string& name)
{
    std::filesystem::create_directories(folder);
    const std::filesystem::path file = folder / (name + ".csv");
    std::ofstream out(file);
    out << "logit_0,logit_1,logit_2,logit_3,label\n";
    for (int i = 0; i < 6; ++i) {
        for (int k = 0; k < kClasses; ++k)
            out << (k == i % kClasses ? 3 : 0) << ',';
        out << (i == 5 ? 0 : i % kClasses) << '\n';
    }
    return file;
}

} // namespace assay::test
