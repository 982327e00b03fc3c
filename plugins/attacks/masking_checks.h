#pragma once

#include "plugins/attacks/robustness_results.h"

#include <string>
#include <vector>

namespace assay::robustness {

// Signs of masked gradients that the literature names: Athalye, Carlini, Wagner 2018 ("Obfuscated Gradients
// Give a False Sense of Security", section 3.1), Carlini et al. 2019 ("On Evaluating Adversarial
// Robustness").

/// One comparison of two attacks on the same images, or of one with what it must reach.
struct MaskingCheck
{
    std::string model;
    std::string check;           ///< stable id: "one-step", "black-box", "unbounded", "eps", "steps"
    std::string first;           ///< what should fool fewer images, "FGSM"
    std::string second;          ///< what should fool more, "PGD, 20 steps"
    std::int64_t n = 0;          ///< images compared
    std::int64_t firstOnly = 0;  ///< fooled by the first alone
    std::int64_t secondOnly = 0; ///< fooled by the second alone
    bool warning = false;
    std::string sentence; ///< what was found, with numbers
};

/// @param first,second bool [n]: whether an image holds against each. A warning when the first fools
/// significantly more: McNemar's test of the images that only one of them fools, one-sided at 2.5 %, by the
/// exact binomial.
MaskingCheck compareAttacks(std::string model, std::string check, std::string first, std::string second,
                            const torch::Tensor& holdsAgainstFirst, const torch::Tensor& holdsAgainstSecond);

/// Without a bound every image can be changed into one of another class: a warning when significantly more
/// than 5 % hold out (lower end of the Wilson interval).
MaskingCheck checkUnbounded(std::string model, std::string attack, const torch::Tensor& holds);

/// Accuracy that rises from one radius or number of steps to the next, of every curve that has all its
/// images.
std::vector<MaskingCheck> checkMonotone(const RobustnessResults& results);

} // namespace assay::robustness
