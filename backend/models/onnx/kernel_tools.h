#pragma once

#include "backend/models/graph/kernel.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the kernels of several subjects share.
namespace assay::models::onnx {

using graph::Call;
using graph::Kernel;
using graph::KernelInfo;
using graph::KernelTable;
using graph::one;
using graph::Site;
using graph::Tensors;

using Sizes = std::vector<std::int64_t>;

using Unary = torch::Tensor (*)(const torch::Tensor&);

/// A node that applies @p function to its only input.
template <Unary function>
Kernel unary(const Site&)
{
    return one([](const Call& call) { return function(call.input(0)); });
}

/// The ATen type of a TensorProto.DataType; unsigned types wider than a byte become the next wider signed
/// one.
/// @throws Error for texts, complex numbers and unknown codes.
torch::ScalarType scalarType(std::int64_t dataType);

/// @p axis counted from the front. @throws Error unless it lies in [-rank, rank).
std::int64_t axisOf(std::int64_t axis, std::int64_t rank);
std::vector<std::int64_t> axesOf(const Sizes& axes, std::int64_t rank);

Sizes sizesOf(const torch::Tensor& tensor);

/// Indices that may count from the end, as int64 that do not.
torch::Tensor fromFront(const torch::Tensor& indices, std::int64_t size);

/// @p values, each within [least, most]. @throws Error naming @p what.
Sizes bounded(Sizes values, const char* what, std::int64_t least, std::int64_t most);

/// Whether the node's output @p i is read by anything.
bool wantsOutput(const Site& site, std::size_t i);

/// Windows of convolutions and pooling: attributes kernel_shape, strides, dilations, pads, auto_pad.
struct Window
{
    Sizes kernel; ///< empty: taken from the weight
    Sizes strides;
    Sizes dilations;
    Sizes pads; ///< begins, then ends
    enum class Auto { None, SameUpper, SameLower, Valid } autoPad = Auto::None;

    /// Lists that are absent are filled up for @p spatial axes.
    void complete(std::size_t spatial);
    /// Begins, then ends, for an input of @p shape [N,C,...].
    Sizes padsFor(const Sizes& kernelSize, const torch::Tensor& x) const;
};

/// @throws Error for lengths that differ and values out of bounds.
Window readWindow(const Site& site);

/// Whether begins equal ends.
bool isSymmetric(const Sizes& pads);
Sizes begins(const Sizes& pads);
/// @p x with its spatial axes padded. @throws Error when the result exceeds the limits.
torch::Tensor padded(const Call& call, const torch::Tensor& x, const Sizes& pads, double value);

} // namespace assay::models::onnx
