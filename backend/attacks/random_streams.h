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
    /// @param purpose tells the draws of one attack apart (its start, its neighbours, ...).
    RandomStreams(std::uint64_t seed, std::uint64_t purpose);

    /// Uniform in [0,1), float32 of shape [n, *like.sizes()[1:]] on the device of @p samples.
    /// @param like only its shape after the first dimension is used.
    /// @param samples int64 [n]: the stream of each row.
    torch::Tensor uniform(const torch::Tensor& like, const torch::Tensor& samples,
                          std::int64_t iteration = 0) const;
    /// The same numbers by tensor operations: what devices other than the CPU run.
    torch::Tensor uniformByOperators(const torch::Tensor& like, const torch::Tensor& samples,
                                     std::int64_t iteration = 0) const;
    /// Standard normal (Box and Muller 1958), from two uniform draws.
    torch::Tensor normal(const torch::Tensor& like, const torch::Tensor& samples,
                         std::int64_t iteration = 0) const;
    /// A number in [0,1) of no sample: for draws shared by the batch.
    double shared(std::int64_t iteration, std::int64_t position = 0) const;

private:
    explicit RandomStreams(std::uint64_t key)
        : m_key(key)
    {}
    /// Start of the counter of a sample in an iteration.
    std::uint64_t start(std::uint64_t sample, std::int64_t iteration) const;

    std::uint64_t m_key;
};

} // namespace assay::attacks
