#pragma once

#include "backend/attacks/carlini_wagner.h"

namespace assay::attacks {

/// Carlini and Wagner's attack on one group of samples, in one thread. Those still descending with the
/// present c (the active ones) lie packed.
class CarliniWagnerRun
{
public:
    CarliniWagnerRun(AttackTask& task, const CarliniWagnerOptions& options);
    void run();

private:
    void start();
    void descend();
    /// One iteration of Adam; keeps examples. @returns the objective, float32 [n].
    torch::Tensor iterate(int t);
    void step(const torch::Tensor& gradient, int t);
    void leave(const Parting& parting);
    void adjustConstants();

    AttackTask& m_task;
    const CarliniWagnerOptions& m_options;
    torch::Tensor m_start; ///< w of the images
    torch::Tensor
        m_image; ///< the images as they come back from w: distances are to these, as in the original
    torch::Tensor m_const; ///< [n]
    torch::Tensor m_lower;
    torch::Tensor m_upper;
    torch::Tensor m_nearest;
    torch::Tensor m_distance; ///< squared; inf: none found
    torch::Tensor m_reached;  ///< bool [n]: an example with the present c

    // Of the active samples.
    torch::Tensor m_rows;
    torch::Tensor m_w;
    torch::Tensor m_mean;   ///< Adam's first moment
    torch::Tensor m_square; ///< Adam's second moment
    torch::Tensor m_origin;
    torch::Tensor m_classes;
    torch::Tensor m_weight; ///< c
    torch::Tensor m_best;
    torch::Tensor m_bestDistance;
    torch::Tensor m_found;  ///< bool: an example with the present c
    torch::Tensor m_before; ///< objective a tenth of the steps ago
};

} // namespace assay::attacks
