#pragma once

#include <ATen/core/TensorBody.h>

#include <filesystem>

namespace onnx {
class TensorProto;
}

namespace assay::models::onnx {

/// Makes the tensor that @p proto describes. The bytes of raw_data are taken over, not copied, so that a file
/// is held in memory once; @p proto is emptied.
/// @param folder where external data may lie: nowhere else.
/// @param widenHalf half precision becomes float32.
/// @throws Error for texts and complex numbers, shapes that the data do not fill, and external data that lie
/// outside of the folder or are too short.
torch::Tensor readTensor(::onnx::TensorProto& proto, const std::filesystem::path& folder, bool widenHalf);

} // namespace assay::models::onnx
