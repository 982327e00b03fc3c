#pragma once

#include "backend/attacks/random_streams.h"
#include "backend/attacks/square.h"
#include "backend/attacks/square_windows.h"

#include <memory>

namespace assay::attacks {

/// The L2 pattern eta of the paper (equation 2 and its figure), [side, side] of unit norm: two bumps, one
/// above the other, of opposite sign; within each, a pixel at Chebyshev distance m from the middle holds the
/// sum of 1 / (k + 1)^2 over k from m to the largest distance.
torch::Tensor squareBumps(std::int64_t side);

/// Square Attack on one group of samples, in one thread. The samples still under attack (the active ones) lie
/// packed.
class SquareRun
{
public:
    SquareRun(QueryTask& task, const SquareOptions& options);
    void run();

private:
    torch::Tensor stripes() const;
    torch::Tensor tiles();
    torch::Tensor proposal(std::int64_t iteration);
    torch::Tensor linfProposal(std::int64_t iteration, double share);
    /// L2 and L1: one window gets a pattern and the mass of the other.
    torch::Tensor windowProposal(std::int64_t iteration, double share);
    /// Uniform numbers [n, width] of the active samples.
    torch::Tensor draw(const RandomStreams& streams, std::int64_t iteration, std::int64_t width) const;
    /// Flat positions [n, 1, side^2] of windows with random corners, drawn from two columns of @p uniform.
    torch::Tensor window(const torch::Tensor& uniform, std::int64_t column, std::int64_t side) const;
    /// The pattern [n, C, side^2] with a random sign per channel, upright or lying; from columns of @p
    /// uniform.
    torch::Tensor bumps(const torch::Tensor& uniform, std::int64_t column, std::int64_t side);
    /// What the budget's norm adds up of @p delta along @p dimension: squares (L2) or sizes (L1).
    torch::Tensor mass(const torch::Tensor& delta, std::int64_t dimension, bool keep = false) const;
    void ask(const torch::Tensor& images, bool first);
    torch::Tensor logits(const torch::Tensor& images, bool first);
    /// What is @p better becomes the best. Touches no other image where telling them apart costs nothing.
    void accept(const torch::Tensor& images, const torch::Tensor& loss, const torch::Tensor& better);
    void keep(const torch::Tensor& rows);

    QueryTask& m_task;
    const SquareOptions& m_options;
    const RandomStreams m_startDraws;
    const RandomStreams m_draws;
    const std::int64_t m_channels;
    const std::int64_t m_height;
    const std::int64_t m_width;
    torch::Tensor m_bumps;   ///< of the side drawn last
    SquareWindows m_windows; ///< L-inf on the CPU only
    /// The same, where the model offers it: in L2 and L1 a proposal changes the whole image.
    std::unique_ptr<models::LocalChanges> m_local;

    // Of the active samples.
    torch::Tensor m_rows; ///< int64: in the group
    torch::Tensor m_samples;
    torch::Tensor m_classes;
    torch::Tensor m_clean;
    torch::Tensor m_low;  ///< L-inf only: the ball cut with the box
    torch::Tensor m_high; ///< L-inf only
    torch::Tensor m_best;
    torch::Tensor m_loss;  ///< of the best, raised
    torch::Tensor m_spent; ///< mass of its perturbation; undefined for L-inf
};

} // namespace assay::attacks
