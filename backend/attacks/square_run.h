#pragma once

#include "backend/attacks/random_streams.h"
#include "backend/attacks/square.h"
#include "backend/attacks/square_moves.h"
#include "backend/attacks/square_windows.h"

#include <memory>

namespace assay::attacks {

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
    /// L2 and L1.
    torch::Tensor windowProposal(std::int64_t iteration, double share);
    /// Uniform numbers [n, width] of the active samples.
    torch::Tensor draw(const RandomStreams& streams, std::int64_t iteration, std::int64_t width) const;
    void ask(const torch::Tensor& images, bool first);
    torch::Tensor logits(const torch::Tensor& images, bool first);
    /// bool: which are fooled or have a larger loss than the best, which becomes the best's.
    torch::Tensor better(const torch::Tensor& loss, const torch::Tensor& flags);
    /// What is @p better becomes the best. Touches no other image where telling them apart costs nothing.
    void accept(const torch::Tensor& images, const torch::Tensor& better);
    /// Adds up the mass of the @p changed ones, bool [n], on the CPU.
    void spend(const torch::Tensor& changed);
    void keep(const torch::Tensor& rows);

    QueryTask& m_task;
    const SquareOptions& m_options;
    const RandomStreams m_startDraws;
    const RandomStreams m_draws;
    const std::int64_t m_channels;
    const std::int64_t m_height;
    const std::int64_t m_width;
    SquareMoves m_moves;     ///< L2 and L1 only
    SquareWindows m_windows; ///< on the CPU only
    /// The same, where the model offers it, but in L1: there a proposal changes the whole image.
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
