#pragma once

#include "backend/attacks/hop_skip_jump.h"

namespace assay::attacks {

/// HopSkipJump on one group of samples, in one thread. The samples still under way (the active ones) lie
/// packed.
class HopSkipJumpRun
{
public:
    HopSkipJumpRun(QueryTask& task, const HopSkipJumpOptions& options);
    void run();

private:
    void dropFooledAlready();
    /// Sets m_outside to misclassified images; who finds none leaves.
    void findStart();
    torch::Tensor noise(const torch::Tensor& chosen, std::int64_t number) const;
    /// Blends towards the image until high - low is at most 0.001.
    void blend();
    void iterate(std::int64_t number);
    /// From m_position along @p direction to m_outside.
    void stepOut(const torch::Tensor& direction, std::int64_t number);
    void stepOutByRows(const torch::Tensor& direction, torch::Tensor& size);
    /// Binary search from m_outside towards the image; sets m_position and keeps the closest.
    void searchBoundary();
    void bisect(torch::Tensor& high, const torch::Tensor& threshold, bool clipping);
    void bisectByRows(torch::Tensor& high, const torch::Tensor& threshold, bool clipping);
    /// The images @p amount of the way out: blended (L2), or clipped to that distance (L-inf).
    torch::Tensor towards(const torch::Tensor& chosen, const torch::Tensor& amount, bool clipping) const;
    /// Where a search ended: @p high of the way out; where that is the whole, m_outside and not its rounded
    /// blend.
    torch::Tensor landed(const torch::Tensor& high, const torch::Tensor& whole, bool clipping) const;
    torch::Tensor landedByRows(const torch::Tensor& high, const torch::Tensor& whole, bool clipping) const;
    /// Of the images of the active samples to their own, [n].
    torch::Tensor distanceTo(const torch::Tensor& images) const;
    /// Keeps m_position where it is nearer than what was found before.
    void keepNearest();
    void keepNearestByRows(const torch::Tensor& distance);
    /// One question about each of the chosen active samples.
    torch::Tensor ask(const torch::Tensor& images, const torch::Tensor& chosen);
    /// On the CPU, where the model may take no longer than a few tensor operators: rounds of one question
    /// about each active sample that has questions left and for which propose(sample, image) writes one,
    /// until there is none; take(sample, image, flag) hears the answer.
    template <class Propose, class Take>
    void askByRows(Propose propose, Take take);
    bool byRows() const;
    /// Those for which @p flags is false leave with their closest example.
    void keep(const torch::Tensor& flags);
    void finish();

    /// A step of 2^-40 of the distance is none.
    static constexpr int kMostHalvings = 40;

    QueryTask& m_task;
    const HopSkipJumpOptions& m_options;
    const Norm m_norm;
    const double m_dimensions;
    const RandomStreams m_startDraws;
    const RandomStreams m_probeDraws;
    torch::Tensor m_nearest;  ///< closest examples of the group
    torch::Tensor m_distance; ///< theirs; inf: none

    // Of the active samples.
    torch::Tensor m_rows;
    torch::Tensor m_samples;
    torch::Tensor m_clean;
    torch::Tensor m_left;        ///< int64: questions left, but for the one kept back
    torch::Tensor m_outside;     ///< misclassified, before the binary search
    torch::Tensor m_outsideNorm; ///< its distance to the image
    torch::Tensor m_position;    ///< misclassified, at the boundary
};

} // namespace assay::attacks
