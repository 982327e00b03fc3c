#pragma once

#include "backend/engine/run_context.h"
#include "backend/protocol/json.h"
#include "plugins/transfer/class_aware.h"
#include "plugins/transfer/similarity.h"

#include <string>
#include <vector>

namespace assay::transfer {

/// What one attack radius of one source gave.
struct EpsResult
{
    torch::Tensor y1;              ///< int64 [P]: the source's predictions on the attacked pool
    std::vector<torch::Tensor> y2; ///< per target, int64 [P]; undefined where the target is the source itself
    /// Per target, float64 [6, steps + 1]: mean probability of y, y1, y2 under the source, then under the
    /// target, over the AEs among the traced images. Undefined when there is none.
    std::vector<torch::Tensor> paths;
    double meanL2 = 0; ///< true mean size of the perturbations
    double meanLinf = 0;
    double targetHit = 0; ///< targeted attacks: fraction of the pool that reaches the aimed class, else NaN
};

struct SourceResult
{
    std::vector<Similarity> similarity; ///< per target; meaningless where the target is the source itself
    std::vector<EpsResult> eps;         ///< those computed so far, in the order of ClassAwareResults::eps
};

/// All that the figures, tables and previews of `transfer.class-aware` are made from. P images of the pool,
/// in ascending order of their ids. Tensors are on the CPU.
struct ClassAwareResults
{
    std::vector<std::string> sources;
    std::vector<std::string> targets;
    std::vector<std::string> classes;
    std::vector<double> eps; ///< ascending
    std::string attack;      ///< "pgd"
    std::string attackText;  ///< "PGD, 10 steps, L2"
    std::string norm;        ///< "l2" or "linf"
    bool targeted = false;
    torch::Tensor ids;                   ///< int64 [P], indices into the test split
    torch::Tensor y;                     ///< int64 [P]
    torch::Tensor clean;                 ///< uint8 [P,C,H,W]
    std::vector<SourceResult> perSource; ///< one per source; empty until it is computed

    bool isPair(std::size_t source, std::size_t target) const { return sources[source] != targets[target]; }
    /// Whether the source has a target that is not itself.
    bool hasTargets(std::size_t source) const;
    bool done(std::size_t source, std::size_t eps) const { return eps < perSource[source].eps.size(); }
    /// Outcome codes int64 [P] of a computed pair.
    torch::Tensor outcomes(std::size_t source, std::size_t target, std::size_t eps) const;
    OutcomeCounts counts(std::size_t source, std::size_t target, std::size_t eps) const;
    /// Targets of a source, nearest boundary first.
    std::vector<std::size_t> bySimilarity(std::size_t source) const;
    /// Spearman's correlation over the targets between Dist and transfer rate; NaN for fewer than two
    /// targets.
    double spearman(std::size_t source, std::size_t eps) const;
    /// Ids of the images where @p mask (bool [P]) holds.
    std::vector<std::int64_t> idsWhere(const torch::Tensor& mask) const;
};

/// Lossless, for the run's artifact; texts travel as a JSON object in bytes. Only for results whose radii are
/// all computed for every source.
engine::TensorMap toTensors(const ClassAwareResults& results);
/// @throws Error when a tensor is missing or of another shape than its neighbours say.
ClassAwareResults fromTensors(const engine::TensorMap& tensors);

} // namespace assay::transfer
