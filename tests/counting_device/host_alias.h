#pragma once

#include <torch/types.h>

#include <vector>

namespace assay::test {

/// CPU tensors on the memory of the device's tensors for the length of one operator, and back.
class HostAliases
{
public:
    /// A CPU tensor of the same memory, sizes and strides. The same tensor gives the same alias, and tensors
    /// that share a storage give aliases that share one.
    torch::Tensor alias(const torch::Tensor& onDevice);
    /// What an operator returned, on the device: the tensor itself where @p onHost is the alias of one, a
    /// view of the same storage where it is a view of an alias, else a tensor that takes the memory over.
    torch::Tensor returned(const torch::Tensor& onHost) const;
    /// Gives the tensors whose alias was resized its size and memory.
    void settle() const;

private:
    struct Pair
    {
        torch::Tensor onDevice;
        torch::Tensor onHost;
    };
    std::vector<Pair> m_pairs;
};

/// A CPU tensor that shares the memory of one on the device, for kernels of their own.
torch::Tensor hostAlias(const torch::Tensor& onDevice);

} // namespace assay::test
