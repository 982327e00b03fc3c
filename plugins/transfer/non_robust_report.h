#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/transfer/non_robust.h"
#include "plugins/transfer/parallel_training.h"

#include <string>
#include <vector>

namespace assay::transfer {

/// A set that networks are trained on, as it is called in tables ("d1") and on screen.
struct SetName
{
    std::string id;
    std::string title;
    std::string meaning; ///< one clause for the table
};
/// d1, d2, permuted, noise, same_mistake.
const SetName& setName(const std::string& id);

/// One finished or running training with what its test accuracy is of.
struct TrainingResult
{
    std::string set;
    std::string learner;
    std::int64_t trainImages = 0;
    std::int64_t testImages = 0; ///< of the whole test split
    TrainingCurve curve;
};

/// Who was led where, for titles and captions.
struct PairNames
{
    std::string first;
    std::string second;
    std::string dataset;
    std::vector<std::string> classes;
    double eps = 0;
    double chance() const { return 1.0 / static_cast<double>(classes.size()); }
};

/// Grouped bars of clean test accuracy per set and learner with the chance line; finished trainings only.
protocol::Figure accuraciesFigure(const std::vector<TrainingResult>& results, const PairNames& names);
/// Test accuracy over epochs of one learner, a line per set.
protocol::Figure curvesFigure(const std::vector<TrainingResult>& results, const std::string& learner,
                              const PairNames& names);
protocol::Table accuraciesTable(const std::vector<TrainingResult>& results, const PairNames& names);
std::vector<protocol::Metric> accuracyMetrics(const std::vector<TrainingResult>& results,
                                              const PairNames& names);

/// How often the construction reached its aims: rows t1, t2, both.
protocol::Table constructionTable(const PairSet& set, const PairNames& names);
std::vector<protocol::Metric> constructionMetrics(const PairSet& set, const PairNames& names);

/// Grid `samples` of up to 200 images that reached both aims: clean, perturbation x10, altered; with label,
/// t1, t2.
/// @param ids,y,clean of all built images: int64 [N], int64 [N], uint8 [N,C,H,W], on the CPU.
protocol::ImageGrid samplesGrid(const PairSet& set, const AimPair& aims, const torch::Tensor& ids,
                                const torch::Tensor& y, const torch::Tensor& clean, const PairNames& names);

} // namespace assay::transfer
