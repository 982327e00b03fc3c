#pragma once

#include "backend/metrics/calibration_error.h"

#include <vector>

namespace assay::metrics {

/// AUROC of confidence as a sign of being right: the chance that a correct sample has more confidence than a
/// wrong one, equal confidence counting one half (Mann & Whitney 1947). NaN when all are right or all are
/// wrong.
double confidenceAuroc(const SortedConfidences& sorted, Counts counts = {});

/// What is answered at a threshold of the confidence.
struct RiskPoint
{
    double threshold = 0; ///< samples of at least this confidence are answered
    double coverage = 0;  ///< their share of all samples
    double risk = 0;      ///< the share of wrong ones among them
};

/// Risk against coverage (El-Yaniv & Wiener 2010): one point for each different confidence, from the highest
/// threshold (least coverage) to the lowest (coverage 1). Samples of equal confidence cannot be told apart by
/// a threshold and enter together.
std::vector<RiskPoint> riskCoverage(const SortedConfidences& sorted);

/// AURC (Geifman et al. 2019): mean over k = 1 .. N of the risk of the k most confident samples. Where
/// samples of equal confidence are only partly among the k, the mean over all their orders is taken
/// (exactly): the wrong ones enter in proportion.
double aurc(const SortedConfidences& sorted, Counts counts = {});

/// Excess AURC: AURC less that of the best order of the same outcomes (all right ones first). At least 0.
double excessAurc(const SortedConfidences& sorted);

} // namespace assay::metrics
