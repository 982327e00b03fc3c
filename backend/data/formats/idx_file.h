#pragma once

#include <torch/types.h>

#include <filesystem>

namespace assay::data {

/// Reads an IDX file (LeCun's format: magic 00 00 TT DD, DD big-endian sizes, then row-major values),
/// plain or gzip-compressed; the two are told apart by content.
/// @param rank dimensions the caller expects: 3 for images, 1 for labels.
/// @returns uint8 on the CPU with the file's sizes. Only element type 0x08 (unsigned byte) is read.
/// Memory is taken only as fast as bytes really arrive, at most kMaxIdxBytes, whatever the header announces.
/// @throws Error naming the file when it is missing, no IDX, of another type or rank, too large, truncated or
///         longer than its header says.
torch::Tensor readIdx(const std::filesystem::path& file, int rank);

inline constexpr std::int64_t kMaxIdxBytes = std::int64_t(4) << 30;

} // namespace assay::data
