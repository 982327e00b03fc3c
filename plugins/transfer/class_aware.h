#pragma once

#include "backend/metrics/confusion.h"
#include "backend/metrics/rates.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::transfer {

// Class-aware transferability: F. Waseda, S. Nishikawa, T.-N. Le, H. H. Nguyen, I. Echizen, "Closer Look at
// the Transferability of Adversarial Examples: How They Fool Different Models Differently", WACV 2023. An
// adversarial example (AE) is an input x' that the source model F1 takes for y1 = F1(x') != y. The target
// model F2 takes it for y2 = F2(x'). Pure functions, safe from any thread.

/// What became of one attacked image. The three outcomes of an AE add up to all AEs.
enum class Outcome : std::int64_t {
    SourceHolds = 0, ///< y1 == y: the attack failed on the source, this is no AE
    Unfooled = 1,    ///< y2 == y: does not transfer
    Different = 2,   ///< y2 != y and y2 != y1: transfers, into a different mistake
    Same = 3,        ///< y2 == y1 != y: transfers, into the same mistake
};
const char* name(Outcome outcome);

/// Outcome code of every image. @param y,y1,y2 int64 [N] on the CPU. @returns int64 [N].
/// @throws Error when the lengths differ.
torch::Tensor outcomes(const torch::Tensor& y, const torch::Tensor& y1, const torch::Tensor& y2);

/// The evaluation pool: bool [N], true where every one of @p predictions (int64 [N]) is the label. Without
/// this filter clean errors of the target would be counted as different mistakes.
torch::Tensor correctForAll(const torch::Tensor& y, const std::vector<torch::Tensor>& predictions);

/// Counts over the pool of one pair and one eps.
struct OutcomeCounts
{
    std::int64_t pool = 0; ///< attacked images: those that all models classify correctly
    std::int64_t same = 0;
    std::int64_t different = 0;
    std::int64_t unfooled = 0;
    std::int64_t fooled() const { return same + different + unfooled; } ///< AEs: the source is fooled
    std::int64_t transferred() const { return same + different; }
    bool operator==(const OutcomeCounts&) const = default;
};
OutcomeCounts countOutcomes(const torch::Tensor& outcomes);

/// What fractions are taken of. The definition uses the AEs; the published bar charts may use all attacked
/// images.
enum class Denominator { Fooled, Attacked };

struct OutcomeRates
{
    metrics::Rate same, different, unfooled;
    metrics::Rate transferred; ///< same + different
    metrics::Rate sourceHolds; ///< of all attacked images; count and rate 0 for Denominator::Fooled
};
OutcomeRates outcomeRates(const OutcomeCounts& counts, Denominator of);
/// Fraction of the pool that fools the source.
metrics::Rate sourceSuccess(const OutcomeCounts& counts);
/// same / (same + different).
metrics::Rate sameMistakeShare(const OutcomeCounts& counts);

/// Class confusions of one pair and one eps. Each counts AEs only.
struct PairConfusions
{
    metrics::Confusion
        wrongClasses;          ///< rows y1, columns y2, over AEs that transfer: diagonal = same mistakes
    metrics::Confusion source; ///< rows y, columns y1, over all AEs
    metrics::Confusion target; ///< rows y, columns y2, over all AEs: diagonal = unfooled
};
PairConfusions pairConfusions(const torch::Tensor& y, const torch::Tensor& y1, const torch::Tensor& y2,
                              std::int64_t classes);

} // namespace assay::transfer
