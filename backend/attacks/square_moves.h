#pragma once

#include "backend/attacks/budget.h"
#include "backend/attacks/square_windows.h"

#include <torch/types.h>

#include <cstdint>

namespace assay::attacks {

/// The L2 pattern eta of the paper (equation 2 and its figure), [side, side] of unit norm: two bumps, one
/// above the other, of opposite sign; within each, a pixel at Chebyshev distance m from the middle holds the
/// sum of 1 / (k + 1)^2 over k from m to the largest distance.
torch::Tensor squareBumps(std::int64_t side);

/// Side of the windows that cover @p share of an image: odd, as in the original, and within the image.
std::int64_t windowSide(double share, std::int64_t height, std::int64_t width);

/// What @p norm adds up of @p delta [n,...]: squares (L2) or sizes (L1), float32 [n].
torch::Tensor massPerImage(Norm norm, const torch::Tensor& delta);

/// Flat positions [n, 1, side^2] in [height, width] of windows with random corners, drawn from two columns of
/// @p uniform.
torch::Tensor windowPositions(const torch::Tensor& uniform, std::int64_t column, std::int64_t side,
                              std::int64_t height, std::int64_t width);

/// From what Square Attack in L2 or L1 makes proposals.
struct WindowState
{
    Norm norm;
    double eps;
    const torch::Tensor& best;  ///< [n,C,H,W]
    const torch::Tensor& clean; ///< [n,C,H,W]
    const torch::Tensor& spent; ///< [n]: massPerImage() of best - clean
};

/// The proposals of Square Attack in L2 and L1: one window gets a pattern and the mass of the other.
class SquareMoves
{
public:
    /// Proposals [n,C,H,W] with windows of @p side pixels. On the CPU they are put into @p windows, and the
    /// result lasts until that is settled. @param uniform float32 [n,5+C]: corners of the windows that is
    /// filled and that is emptied, whether the pattern lies, its sign in each channel.
    torch::Tensor propose(const WindowState& state, const torch::Tensor& uniform, std::int64_t side,
                          SquareWindows& windows);
    /// The same by tensor operators: what devices other than the CPU run.
    torch::Tensor proposeByOperators(const WindowState& state, const torch::Tensor& uniform,
                                     std::int64_t side);
    /// The pattern [n,C,side^2] with a random sign per channel, upright or lying; from columns of @p uniform.
    torch::Tensor bumps(const torch::Tensor& uniform, std::int64_t column, std::int64_t channels,
                        std::int64_t side);

private:
    const torch::Tensor& pattern(std::int64_t side, torch::Device device);

    torch::Tensor m_pattern; ///< of the side drawn last
};

} // namespace assay::attacks
