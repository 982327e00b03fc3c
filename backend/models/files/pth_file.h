#pragma once

#include "backend/models/files/tensor_file.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace assay::models {

class ZipArchive;

/// Reads the weights of a file that torch.save wrote: a state_dict, or a checkpoint that holds one among
/// other things ({"state_dict": ..., "epoch": 3}; found under its usual names, or as the only dict of
/// tensors; a finding says where). Both of PyTorch's forms are read, the zip archive (stored and deflated)
/// and the older stream of pickles. No pickle is executed: see readPickle(). Tensors of all types of
/// torch.*Storage, strided and shared ones included, which come out contiguous.
///
/// Stored data is mapped, see TensorFile; deflated data and the older form's unaligned data are copied. A
/// checksum that differs is a warning, since PyTorch can be told not to compute any.
/// The file is hostile until parsed: sizes, offsets and strides are checked against the storage and the
/// storage against the file before anything is allocated; copies of strided tensors together may not take
/// more than four times the file and 64 MiB.
/// @throws Error in one sentence, naming the file and the tensor.
TensorFile readPth(const std::filesystem::path& file);

/// What a zip archive of PyTorch is.
enum class PthKind {
    None,        ///< something else
    StateDict,   ///< written by torch.save
    TorchScript, ///< written by torch.jit.save
};
PthKind pthKind(const ZipArchive& archive);

/// Whether a file that begins with @p head is of the older form, before PyTorch 1.6.
bool looksLikeLegacyPth(std::span<const std::uint8_t> head);

} // namespace assay::models
