#pragma once

#include "backend/metrics/bootstrap.h"
#include "backend/metrics/rates.h"
#include "plugins/transfer/matrix_results.h"

#include <vector>

namespace assay::transfer {

// Success of transferred attacks, with y the label, y1 the source's and y2 the target's class of the attacked
// image. Untargeted success: y2 != y; targeted: y2 is the aimed class. Of the successes, a same mistake has
// y1 == y2 and a different one y1 != y2 with the source fooled (y1 != y); where the source is not fooled a
// success is neither.

/// The images of one cell; all bool [N] on the CPU.
struct CellMasks
{
    torch::Tensor counted; ///< the denominator
    torch::Tensor success; ///< counted only, as are the next two
    torch::Tensor same;
    torch::Tensor different;
};
CellMasks cellMasks(const MatrixResults& results, const MatrixView& view);

struct CellRates
{
    metrics::Rate success, same, different; ///< of the counted images, Wilson 95 %
};
CellRates cellRates(const CellMasks& masks);

/// "images that both models classify correctly", in words for captions.
std::string denominatorText(const MatrixResults& results, MatrixDenominator of);

/// An attack's place among the others at one radius: mean over all black-box pairs (target other than source)
/// of the success rate, with percentile intervals of a bootstrap over the images that all attacks share.
struct Ranked
{
    std::size_t attack = 0;
    double mean = 0;
    metrics::Interval interval;
    double behindBest = 0; ///< best mean - this mean, paired
    metrics::Interval behindInterval;
    double bestShare =
        0; ///< fraction of the resamples in which it is the best; ties go to the better one overall
};
/// Best first; empty when there is no black-box pair or nothing is done. Attacks that are not done are left
/// out.
std::vector<Ranked> ranking(const MatrixResults& results, std::size_t eps, MatrixDenominator of,
                            const metrics::BootstrapSpec& spec);

/// Bootstrap intervals of the success rates of cells of one matrix: ratios of two resampled means. All cells
/// share the draws.
std::vector<metrics::Interval> bootstrapSuccess(const std::vector<CellMasks>& cells,
                                                const metrics::BootstrapSpec& spec);

} // namespace assay::transfer
