#pragma once

#include "backend/models/graph/graph.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace assay::models::onnx {

inline constexpr int kFirstOpset = 9;
inline constexpr int kLastOpset = 17;

/// A graph as read, with what the file says about itself.
struct OnnxModel
{
    graph::Graph graph; ///< sorted
    std::int64_t irVersion = 0;
    std::string producer;       ///< "pytorch 1.13.1"
    bool halfPrecision = false; ///< weights were in half precision
};

struct ReadOptions
{
    bool widenHalf = true; ///< half precision is computed in float32, which every device can
    graph::Limits limits;
};

/// Reads the protobuf of an ONNX model (of up to 2 GiB, its format's own bound). No operator is looked at.
/// @throws Error for a file that is none, an operator set out of [kFirstOpset, kLastOpset], and all that
/// cannot be run: sparse weights, functions, text tensors.
OnnxModel readOnnx(const std::filesystem::path& file, const ReadOptions& options = {});

/// The same of bytes in memory; @p source stands for the file in messages, its folder for external data.
OnnxModel readOnnx(const std::string& bytes, const std::filesystem::path& source,
                   const ReadOptions& options = {});

} // namespace assay::models::onnx
