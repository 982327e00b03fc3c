#pragma once

#include "backend/models/local_changes.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::attacks {

/// The proposals of Square Attack on the CPU: put into a copy of the best images, and when the answers are
/// there taken over or taken back. Most squares are small, and to copy whole images costs more than to ask a
/// small network about them.
class SquareWindows
{
public:
    /// L-inf: @p best [n,C,H,W], contiguous, with one square of @p side pixels each: @p high inside, or @p
    /// low, for each channel. @p uniform float32 [n,2+C] says where and which. The result is this object's:
    /// it lasts until settle().
    torch::Tensor propose(const torch::Tensor& best, const torch::Tensor& low, const torch::Tensor& high,
                          const torch::Tensor& uniform, std::int64_t side);
    /// For other proposals: the copy, to be changed, and room for where each image is.
    torch::Tensor images(const torch::Tensor& best);
    std::vector<models::Region>& squares() { return m_squares; }
    /// The squares of the last proposal: outside of them it is the best.
    const std::vector<models::Region>& squares() const { return m_squares; }
    /// Writes the squares of the samples that are @p better, bool [n], to @p best.
    void settle(torch::Tensor& best, const torch::Tensor& better);
    /// Only the samples @p rows, int64, go on.
    void keep(const torch::Tensor& rows);

private:
    torch::Tensor m_images; ///< equal to the best ones outside of squares
    std::vector<models::Region> m_squares;
};

} // namespace assay::attacks
