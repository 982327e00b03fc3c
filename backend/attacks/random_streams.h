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
    /// The same numbers by tensor operations: what devices other than the CPU run. @param iterations int64
    /// [n]: of each row.
    torch::Tensor uniformByOperators(const torch::Tensor& like, const torch::Tensor& samples,
                                     const torch::Tensor& iterations) const;
    /// Standard normal (Box and Muller 1958): a row's numbers j and j + half, half = (width + 1) / 2, are
    /// sqrt(-2 log(1 - u)) times cosine and sine of 2 pi (v - 1/8). The 24 bits of u and v are the upper ones
    /// of each 32 of the counter's draws: the lower 32 of draws 2q and 2q + 1 make u and v of j = 2q, the
    /// upper 32 those of j = 2q + 1.
    torch::Tensor normal(const torch::Tensor& like, const torch::Tensor& samples,
                         std::int64_t iteration = 0) const;
    /// The same by tensor operations, to 1e-6 of the length of a pair. @param iterations int64 [n]: of each
    /// row.
    torch::Tensor normalByOperators(const torch::Tensor& like, const torch::Tensor& samples,
                                    const torch::Tensor& iterations) const;
    /// @p count numbers of one row, on the CPU; cube() is 2 uniform() - 1.
    void uniform(float* out, std::int64_t count, std::int64_t sample, std::int64_t iteration) const;
    void cube(float* out, std::int64_t count, std::int64_t sample, std::int64_t iteration) const;
    void normal(float* out, std::int64_t count, std::int64_t sample, std::int64_t iteration) const;
    /// A number in [0,1) of no sample: for draws shared by the batch.
    double shared(std::int64_t iteration, std::int64_t position = 0) const;
    /// As a sample, the stream of those draws: no sample has this number.
    static constexpr std::int64_t kShared = -1;
    /// 32 bits of a sample's own in an iteration, those its first uniform() number is made of and 8 more.
    std::uint32_t word(std::int64_t sample, std::int64_t iteration) const;
    /// The same by tensor operations, int64. @param samples and @p iterations int64 [n].
    torch::Tensor wordByOperators(const torch::Tensor& samples, const torch::Tensor& iterations) const;

private:
    /// Start of the counter of a sample in an iteration.
    std::uint64_t start(std::uint64_t sample, std::int64_t iteration) const;
    /// The bits of the first @p draws of every row, int64 [n,draws].
    torch::Tensor bits(const torch::Tensor& samples, const torch::Tensor& iterations,
                       std::int64_t draws) const;
    using Fill = void (RandomStreams::*)(float* out, std::int64_t count, std::int64_t sample,
                                         std::int64_t iteration) const;
    torch::Tensor filled(Fill fill, const torch::Tensor& like, const torch::Tensor& samples,
                         std::int64_t iteration) const;

    std::uint64_t m_key;
};

} // namespace assay::attacks
