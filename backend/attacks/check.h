#pragma once

#include "backend/attacks/attack.h"

#include <string>

namespace assay::attacks {

/// @throws Error unless x is float32 [N,C,H,W].
void checkImages(const torch::Tensor& x, const std::string& where);

/// @throws Error unless every pixel lies in [0,1].
void checkPixelRange(const torch::Tensor& x, const std::string& where);

/// @throws Error unless classes is int64 [N] within the model's classes. @p what names them in the message.
void checkClasses(const models::Model& model, const torch::Tensor& classes, std::int64_t count,
                  const char* what, const std::string& where);
void checkClasses(std::int64_t classCount, const std::string& modelName, const torch::Tensor& classes,
                  std::int64_t count, const char* what, const std::string& where);

/// All that an attack asks of its inputs: images in [0,1], labels, targets and sample numbers that fit.
/// @param classCount above the largest class; 0: not known, classes are then only checked for shape.
void checkInputs(const torch::Tensor& x, const torch::Tensor& y, std::int64_t classCount,
                 const std::string& modelName, const Context& context, const std::string& attack);

/// The stream of each sample, int64 [n] on @p device: Context::samples, or 0 .. n-1.
torch::Tensor sampleNumbers(const Context& context, std::int64_t count, torch::Device device);

/// @throws Error unless @p norm is one of @p known.
void checkNorm(Norm norm, const std::vector<Norm>& known, const std::string& attack);

/// @throws Error unless low <= value <= high; NaN is out of every range.
void checkRange(const char* name, double value, double low, double high, const std::string& where);

} // namespace assay::attacks
