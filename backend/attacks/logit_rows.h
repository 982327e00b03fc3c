#pragma once

#include <torch/types.h>

namespace assay::attacks {

// What attacks take from logits, row by row on the CPU: a step of a small network asks for it so often that
// the operators it is made of would show. @p logits [n,K] and @p classes int64 [n] must be `areRows`; a class
// out of 0 .. K-1 throws c10::Error.

/// Whether these are plain rows of float32 with their classes, K at least 1.
bool areRows(const torch::Tensor& logits, const torch::Tensor& classes);

/// bool [n]: whether the first of the largest logits is at the class, or, not @p wanted, elsewhere. What is
/// no number counts as largest, as in argmax().
torch::Tensor rowsDecided(const torch::Tensor& logits, const torch::Tensor& classes, bool wanted);

/// @p sign * (z_y - max of the others), float32 [n]; of no others, the largest is -inf. Without gradients.
torch::Tensor rowLeads(const torch::Tensor& logits, const torch::Tensor& classes, float sign);

struct RowSlopes
{
    torch::Tensor losses; ///< float32 [n]
    torch::Tensor slopes; ///< [n,K]: their derivatives in the logits
};

/// CE(z, y), or, @p negated, -CE(z, y), with its derivatives. Without gradients.
RowSlopes rowCrossEntropySlopes(const torch::Tensor& logits, const torch::Tensor& classes, bool negated);

/// CE(z, y), float32 [n], differentiable once: second derivatives throw.
torch::Tensor rowCrossEntropy(const torch::Tensor& logits, const torch::Tensor& classes);

} // namespace assay::attacks
