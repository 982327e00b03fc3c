#pragma once

#include "backend/models/files/tensor_file.h"

#include <filesystem>
#include <map>
#include <string>

namespace assay::models {

/// Reads a safetensors file (format of the `safetensors` project, version 0.x): eight bytes little-endian
/// header length, a JSON header, the data. Element types F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL.
/// The data is mapped, not read: see TensorFile for what that asks of the caller. Opening costs no memory
/// beyond the header, and a tensor that is dropped gives its pages back. The file is hostile until parsed:
/// sizes are checked against the file before anything is allocated; ranges must lie inside the data, be as
/// long as shape and type say, not overlap, and leave no gap.
/// @throws Error naming the file and the tensor.
TensorFile readSafetensors(const std::filesystem::path& file);

/// Writes tensors in the given order, via a temporary file that is renamed, so that a reader never sees half
/// a file. The same tensors and metadata give the same bytes.
/// @throws Error when the file cannot be written or a type has no name in the format.
void writeSafetensors(const std::filesystem::path& file, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata = {});

} // namespace assay::models
