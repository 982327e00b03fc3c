#pragma once

#include "backend/models/model.h"

#include <memory>
#include <vector>

namespace assay::test {

/// logits = W x + b on the flattened image, with K x D weights in row-major order: attacks on it have closed
/// forms.
std::shared_ptr<const models::Model> linearModel(const std::vector<std::vector<double>>& weights,
                                                 const std::vector<double>& biases);

/// Model of a built-in architecture for 1 x @p side x @p side images with weights from a seed, in [0,1]
/// input; the same weights on whatever device.
std::shared_ptr<const models::Model> seededModel(const char* architecture, std::uint64_t seed,
                                                 std::int64_t side = 12, torch::Device device = torch::kCPU);

/// Of a small_cnn for someImages(@p count) that tells some of them apart, and from noise: most networks of
/// random weights see one class everywhere, and on such a one an attack that begins at a misclassified image
/// never does. @throws std::runtime_error when none of the first hundreds does.
std::uint64_t seedOfVariedAnswers(std::int64_t count);

/// Images uniform in [0,1], and labels.
torch::Tensor someImages(std::int64_t count, std::int64_t side = 12);
torch::Tensor someLabels(std::int64_t count, std::int64_t classes);

} // namespace assay::test
