#pragma once

#include "backend/arrays/npy_header.h"

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace assay::arrays {

/// An array read from a NPY file.
struct NpyArray
{
    NpyHeader header;
    torch::Tensor values;           ///< of the header's shape, row-major, on the CPU; undefined for text
    std::vector<std::string> texts; ///< UTF-8, row-major, only for text
};

/// Reads a whole NPY file that lies in memory. Types without a torch counterpart are widened: uint16 becomes
/// int32, uint32 and uint64 int64. Texts of type S that are no UTF-8 are read as Latin-1.
/// @param owner keeps @p bytes alive: then the tensor may point into them and must not be written. Without
///              it, values are always copied.
/// @throws Error naming @p where, as readNpyHeader; when the values are fewer or more than announced; for
///         unsigned numbers above 2^63-1, invalid characters, or more than four million texts.
NpyArray readNpy(std::span<const std::uint8_t> bytes, const std::string& where,
                 std::shared_ptr<const void> owner = {});

/// The same from a file; values are copied out of it.
NpyArray readNpy(const std::filesystem::path& file);

} // namespace assay::arrays
