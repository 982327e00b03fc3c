#pragma once

#include <torch/types.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace assay::test {

/// float32 values of a raw little-endian file in the given shape.
inline torch::Tensor readFloats(const std::filesystem::path& file, const std::vector<std::int64_t>& shape)
{
    torch::Tensor values = torch::empty(shape, torch::kFloat32);
    std::ifstream input(file, std::ios::binary);
    const auto bytes = static_cast<std::streamsize>(values.numel() * 4);
    if (!input.read(static_cast<char*>(values.data_ptr()), bytes) || input.peek() != EOF)
        throw std::runtime_error(file.string() + " has another length");
    return values;
}

/// Largest difference, relative to the largest value (at least 1e-6).
inline double relativeError(const torch::Tensor& found, const torch::Tensor& expected)
{
    const double scale = std::max(1e-6, expected.abs().max().item<double>());
    return (found.to(torch::kFloat64) - expected.to(torch::kFloat64)).abs().max().item<double>() / scale;
}

} // namespace assay::test
