#pragma once

#include "backend/imaging/image_codec.h"
#include "backend/protocol/finding.h"
#include "tests/backend/arrays/file_bytes.h"
#include "tests/support/sentence_of.h"

#include <torch/types.h>

#include <filesystem>
#include <string>

namespace assay::test {

/// Different for every @p seed.
inline torch::Tensor picture(std::int64_t seed, std::int64_t height = 6, std::int64_t width = 8,
                             std::int64_t channels = 3)
{
    return torch::arange(channels * height * width, torch::kInt64)
        .mul(31)
        .add(seed * 57)
        .remainder(256)
        .to(torch::kUInt8)
        .view({channels, height, width});
}

inline void writePicture(const std::filesystem::path& file, const torch::Tensor& image)
{
    writeBytes(file, imaging::encodePng(image));
}

/// Whether one of the findings has this text.
inline bool found(const protocol::Findings& findings, const std::string& text)
{
    for (const auto& finding : findings) {
        if (finding.text == text)
            return true;
    }
    return false;
}

inline std::string allOf(const protocol::Findings& findings)
{
    std::string all;
    for (const auto& finding : findings)
        all += finding.text + "\n";
    return all;
}

} // namespace assay::test
