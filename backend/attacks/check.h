#pragma once

#include "backend/models/model.h"

#include <string>

namespace assay::attacks {

/// @throws Error unless x is float32 [N,C,H,W].
void checkImages(const torch::Tensor& x, const std::string& where);

/// @throws Error unless every pixel lies in [0,1].
void checkPixelRange(const torch::Tensor& x, const std::string& where);

/// @throws Error unless classes is int64 [N] within the model's classes. @p what names them in the message.
void checkClasses(const models::Model& model, const torch::Tensor& classes, std::int64_t count,
                  const char* what, const std::string& where);

/// @throws Error unless low <= value <= high; NaN is out of every range.
void checkRange(const char* name, double value, double low, double high, const std::string& where);

} // namespace assay::attacks
