#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "plugins/attacks/robustness_params.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::robustness {

/// One point of a curve: the images attacked so far, always the first of the draw.
struct Point
{
    torch::Tensor robust; ///< bool [n] on the CPU: correct without the attack and with it
    double seconds = 0;   ///< spent on the attack
    std::int64_t n() const { return robust.defined() ? robust.size(0) : 0; }
    metrics::Rate accuracy() const;
    /// Appends what further images gave.
    void add(const torch::Tensor& more, double spent);
};

/// All that the figures and tables of `attacks.robustness` are made from. Tensors are on the CPU.
struct RobustnessResults
{
    std::vector<std::string> models;
    std::vector<std::string> attacks; ///< ids
    std::vector<std::string> classes;
    std::string norm;
    std::vector<double> eps; ///< ascending
    std::string stepsAttack;
    std::vector<int> steps; ///< ascending
    double stepsEps = 0;
    torch::Tensor ids;                                  ///< int64 [N], all that were drawn
    torch::Tensor y;                                    ///< int64 [N]
    std::vector<torch::Tensor> correct;                 ///< per model, bool [N]: without attack
    std::vector<std::vector<std::vector<Point>>> byEps; ///< [model][attack][eps]
    std::vector<std::vector<Point>> bySteps;            ///< [model][steps]

    /// Clean accuracy of a model on the first @p n images.
    metrics::Rate clean(std::size_t model, std::int64_t n) const;
};

/// Which model, attack and radius the figures show.
struct RobustnessView
{
    std::size_t model = 0;
    std::size_t attack = 0;
    std::size_t eps = 0;
    bool operator==(const RobustnessView&) const = default;
};
RobustnessView viewOf(const RobustnessResults& results, const RobustnessParams& params);

/// How many images are evaluated after each round: from a sixteenth of @p count (at least 20), doubling.
std::vector<std::int64_t> rounds(std::int64_t count);

/// Lossless, for the run's artifact `outcomes`.
engine::TensorMap toTensors(const RobustnessResults& results);
/// @throws Error when a tensor is missing or malformed.
RobustnessResults resultsFrom(const engine::TensorMap& tensors);

} // namespace assay::robustness
