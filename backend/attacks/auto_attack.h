#pragma once

#include "backend/attacks/attack.h"

#include <string>
#include <vector>

namespace assay::attacks {

/// The numbers of the version "standard"; smaller ones make a cheaper attack that must not be called
/// AutoAttack.
struct AutoAttackOptions
{
    int steps = 100;       ///< of APGD and FAB
    int targetClasses = 9; ///< of APGD-T and FAB-T; in L1 APGD-T tries 5 of them at most
    std::int64_t queries = 5000;
};

/// What one attack of the sequence did.
struct AutoAttackStage
{
    std::string attack;         ///< "apgd-ce", "apgd-t", "fab-t", "square"
    std::int64_t attacked = 0;  ///< samples it was given: those no attack before had fooled
    std::int64_t fooled = 0;    ///< of those
    double robustAccuracy = 0;  ///< after it, of all samples
    std::int64_t questions = 0; ///< of query attacks
    std::int64_t forwardImages = 0;
    std::int64_t gradientImages = 0;
};

struct AutoAttackReport
{
    AttackResult
        result; ///< clean images for samples that are wrong without an attack and for those that resist
    double cleanAccuracy = 0;
    double robustAccuracy = 0; ///< of all samples: right at the clean image and fooled by no attack
    /// In order; those after the last sample has been fooled are not run and not listed.
    std::vector<AutoAttackStage> stages;
    torch::Tensor fooledBy; ///< int64 [N] on the CPU: stage; -1: wrong without an attack; -2: fooled by none
};

/// AutoAttack (Croce and Hein 2020, arXiv 2003.01690), version "standard": APGD-CE, APGD-T, FAB-T and Square,
/// each given only the samples that are right and that no attack before it has fooled, each stopping a sample
/// with the first success. In L1 both forms of APGD shrink the radius (ApgdOptions::shrinkingRadius), APGD-CE
/// has 5 restarts and APGD-T tries 5 classes, as in the authors' code. Steps and questions are the version's
/// own, whatever the budget says. Square's schedule is not rescaled to its 5000 questions, as in the
/// original. The version "rand", for randomised defences, is not offered: it averages gradients over 20 draws
/// of the defence, and a Model here is a function.
class AutoAttack final : public Attack
{
public:
    explicit AutoAttack(std::string name, const AutoAttackOptions& options = {});

    Budget resolved(const Budget& budget) const override;
    AttackResult run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                     const Budget& budget, const Context& context = {}) const override;
    /// As run(), with the accounting.
    AutoAttackReport evaluate(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                              const Budget& budget, const Context& context = {}) const;

private:
    std::string m_name;
    AutoAttackOptions m_options;
};

} // namespace assay::attacks
