#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::calibration {

/// The nearest bank vectors of each query, nearest first.
struct Neighbours
{
    torch::Tensor distances; ///< float32 [Q,k]: squared Euclidean, ascending
    torch::Tensor indices;   ///< int64 [Q,k]: rows of the bank
};

/// How much is compared at a time; results do not depend on it but for the last bit of a product.
struct SearchChunks
{
    std::int64_t queries = 512;
    std::int64_t bank = 1024;
};

/// Exact search for nearest neighbours by comparing each query with each vector of a bank: products by GEMM,
/// chunk by chunk, of which the k best are kept. Immutable, safe from any thread.
///
/// Distance: |q|^2 + |b|^2 - 2 q.b, clamped at 0, in float32. For unit vectors that is 2 - 2 cos; a vector of
/// zeros, which a dead layer gives, is at 1 from each of those. An error of about 1e-7 remains, so that equal
/// vectors need not be at 0.
///
/// Memory beyond bank, queries and results: on the CPU for each thread chunks.queries x (chunks.bank x 4 + (2
/// k + 64) x 8) bytes, which is 2.6 MiB at k = 50; on another device 16 times as many queries and bank
/// vectors at a time, whose products take 512 MiB.
///
/// Of equal distances the lower index comes first; on a device other than the CPU which of them is
/// unspecified.
class NeighbourSearch
{
public:
    /// @param bank float32 [M,D], M >= 1; kept on its device, shared.
    /// @throws Error for another shape or type, or values that are not finite.
    explicit NeighbourSearch(const torch::Tensor& bank, SearchChunks chunks = {});

    std::int64_t size() const { return m_bank.size(0); }
    std::int64_t width() const { return m_bank.size(1); }
    const torch::Tensor& bank() const { return m_bank; }

    /// @param queries float32 [Q,D]; moved to the bank's device, where the result is, too. Q may be 0.
    /// @param own int64 [Q], for queries that are in the bank: the row of each, which is skipped, or -1.
    /// Undefined:
    ///        none is.
    /// @throws Error when k is below 1 or more than the bank has to give, or for other shapes.
    Neighbours search(const torch::Tensor& queries, std::int64_t k, const torch::Tensor& own = {}) const;

    /// The same by tensor operations: what devices other than the CPU run.
    Neighbours searchByOperators(const torch::Tensor& queries, std::int64_t k,
                                 const torch::Tensor& own = {}) const;

private:
    Neighbours searchOnHost(const torch::Tensor& queries, std::int64_t k, const torch::Tensor& own) const;
    void requireSearch(const torch::Tensor& queries, std::int64_t k, const torch::Tensor& own) const;

    torch::Tensor m_bank;
    torch::Tensor m_halfSquares; ///< [M]: |b|^2 / 2; the nearest vector has the largest q.b - |b|^2 / 2
    SearchChunks m_chunks;
};

} // namespace assay::calibration
