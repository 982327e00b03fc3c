#pragma once

#include "backend/metrics/bootstrap.h"
#include "backend/metrics/rates.h"
#include "plugins/transfer/patch_params.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::transfer {

enum class PatchRole { Source, Simulated, Target };
/// "source", "simulated", "target".
const char* roleName(PatchRole role);

struct PatchModel
{
    std::string name;
    PatchRole role;
};

/// An attack with one kind of masks.
struct PatchMethod
{
    std::string id;    ///< "unmasked", "random", "learned"
    std::string title; ///< "MI-FGSM", "random masks", "learned masks"
    int masksPerStep = 0;
    torch::Tensor success; ///< bool [models, P] on the CPU: the model no longer predicts the label
};

/// Fitness of the masks of the images done so far, per generation; smaller is better.
struct FitnessTrace
{
    std::vector<torch::Tensor> best; ///< per generation, float64 [images]
    std::vector<torch::Tensor> mean;
    std::vector<torch::Tensor> worst;
    /// Appends the images of a batch to a generation.
    void add(std::size_t generation, const std::vector<attacks::MaskPopulation>& populations);
    /// Fraction of the images with all generations whose best mask is better at the end than at the start.
    metrics::Rate improved() const;
};

/// What the figures and tables of `transfer.patchwise-mask` are made from.
struct PatchResults
{
    std::vector<PatchModel> models; ///< source first, then simulated, then targets
    std::string attack;             ///< title
    std::string at;                 ///< "ε = 0.1 (L∞), 10 steps"
    attacks::PatchGrid grid;
    torch::Tensor ids; ///< int64 [P]
    torch::Tensor y;   ///< int64 [P]
    FitnessTrace fitness;
    std::vector<PatchMethod> methods; ///< those done: unmasked, random, learned
    std::vector<PatchMethod> counts;  ///< learned masks, other numbers per step

    const PatchMethod* method(const std::string& id) const;
    /// Per image, the fraction of the models of a role that a method fools: float64 [P].
    torch::Tensor meanSuccess(const PatchMethod& method, PatchRole role) const;
};

/// Difference of mean success between learned masks and another method, paired over the images.
struct PatchGain
{
    std::string over; ///< "unmasked", "random"
    PatchRole role;
    double gain = 0;
    metrics::Interval interval; ///< bootstrap percentile
};
/// Empty until learned masks and another method are there.
std::vector<PatchGain> patchGains(const PatchResults& results, const metrics::BootstrapSpec& spec);

} // namespace assay::transfer
