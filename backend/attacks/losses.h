#pragma once

#include "backend/attacks/source.h"

#include <string>
#include <vector>

namespace assay::attacks {

// Losses that an attack raises, per sample. With z the logits, y the label (untargeted) or t the target, and
// z_pi the logits in descending order:

/// CE(z, y); targeted: -CE(z, t).
torch::Tensor crossEntropy(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted);

/// Whether that is what a loss calls.
bool isCrossEntropy(const Loss& loss);

/// Carlini and Wagner 2017, without a floor: max_{i != y} z_i - z_y; targeted: z_t - max_{i != t} z_i. Above
/// zero exactly where the attack has succeeded.
torch::Tensor margin(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted);

/// Difference of logits ratio, Croce and Hein 2020, equation 6: -(z_y - max_{i != y} z_i) / (z_pi1 - z_pi3).
/// Targeted there is equation 7, which needs the label beside the target: dlrTargeted. Here, with the target
/// alone: (z_t - max_{i != t} z_i) / (z_pi1 - z_pi3). Of two classes, where there is no z_pi3, z_pi2 stands
/// for it, and the loss is +-1 without a gradient: use another.
torch::Tensor dlr(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted);

/// Equation 7 of the same: -(z_y - z_t) / (z_pi1 - (z_pi3 + z_pi4) / 2). Needs four classes.
torch::Tensor dlrTargeted(const torch::Tensor& logits, const torch::Tensor& labels,
                          const torch::Tensor& targets);

/// "ce", "margin", "dlr".
const std::vector<std::string>& lossNames();
/// @throws Error naming the known ones.
Loss lossFromName(const std::string& name);

} // namespace assay::attacks
