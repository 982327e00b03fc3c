#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::attacks {

/// Random numbers that depend on nothing but (seed, purpose, sample, iteration, position): counter-based, so
/// that they are the same in whatever batch, order, thread or device they are drawn. Numbers come from the
/// finaliser of SplitMix64 (Steele et al. 2014), a bijection with good avalanche, over a counter; 24 bits
/// each. Immutable.
class RandomStreams
{
public:
    /// @param purpose tells draws of one attack apart (its start, its neighbours, ...).
    RandomStreams(std::uint64_t seed, std::uint64_t purpose);

    /// Uniform in [0,1), float32 of shape [n, *like.sizes()[1:]] on the device of @p like.
    /// @param samples int64 [n] on that device: the stream of each row.
    torch::Tensor uniform(const torch::Tensor& like, const torch::Tensor& samples,
                          std::int64_t iteration = 0) const;
    /// Standard normal (Box and Muller 1958).
    torch::Tensor normal(const torch::Tensor& like, const torch::Tensor& samples,
                         std::int64_t iteration = 0) const;
    /// One number in [0,1) of no sample: for draws shared by the batch.
    double shared(std::int64_t iteration, std::int64_t position = 0) const;

private:
    std::uint64_t m_key;
};

} // namespace assay::attacks
