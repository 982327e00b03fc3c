#pragma once

#include "backend/protocol/table.h"
#include "plugins/transfer/class_aware_results.h"

#include <vector>

namespace assay::transfer {

/// One row per source, target and radius computed so far; stable columns that scripts rely on: source,
/// target, attack, norm, eps, pool, fooled, same, same_low, ... Fractions of `fooled` in [0,1], NaN where
/// fooled is 0.
protocol::Table pairsTable(const ClassAwareResults& results);
/// One row per pair whose similarity is known.
protocol::Table similarityTable(const ClassAwareResults& results);
/// One row per source and radius: source success, true perturbation sizes, rank correlation.
protocol::Table attacksTable(const ClassAwareResults& results);

/// A model and how it does on the clean images that were drawn.
struct ModelRow
{
    std::string name;
    std::string architecture;
    metrics::Rate accuracy;  ///< on the drawn test images
    double cardAccuracy = 0; ///< on the whole test split, by its card; NaN where the card does not say
    bool isSource = false;
    bool isTarget = false;
};
protocol::Table modelsTable(const std::vector<ModelRow>& models);

/// accuracy.MODEL of the clean images.
std::vector<protocol::Metric> accuracyMetrics(const std::vector<ModelRow>& models,
                                              const std::string& dataset);
/// source_success.SOURCE, spearman.SOURCE and, per target, transfer and same-share at the largest radius.
std::vector<protocol::Metric> resultMetrics(const ClassAwareResults& results);

} // namespace assay::transfer
