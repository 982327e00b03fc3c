#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace assay::arrays {

/// What an array of a NPZ file is made of: a tensor, or texts (written as numpy's U).
using NpyValue = std::variant<torch::Tensor, std::vector<std::string>>;
using NpyValues = std::vector<std::pair<std::string, NpyValue>>;

/// Writes one array as NPY version 1, row-major, little-endian. Types: bool, uint8, int8 to int64, float16 to
/// float64; tensors on any device. Atomic: written beside @p file and renamed.
/// @throws Error when it cannot be written or the type has no name in the format.
void writeNpy(const std::filesystem::path& file, const torch::Tensor& tensor);

enum class Packing { Stored, Deflated };

/// Writes arrays as NPZ, in the given order; the same arrays give the same bytes. Atomic.
/// @throws Error as writeNpy, also when the archive would exceed 4 GiB.
void writeNpz(const std::filesystem::path& file, const NpyValues& arrays, Packing packing = Packing::Stored);

} // namespace assay::arrays
