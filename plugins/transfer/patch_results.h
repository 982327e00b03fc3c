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

/// Methods that drop another share of the patches, on the first images of the pool.
struct PatchRate
{
    double rate = 0;                  ///< asked for
    std::int64_t dropped = 0;         ///< patches that a fresh mask drops
    std::vector<PatchMethod> methods; ///< random, learned; unmasked for nothing dropped
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
    std::string norm;
    std::vector<double> eps; ///< ascending; masks are searched for at the last
    int steps = 0;
    attacks::PatchGrid grid;
    torch::Tensor ids; ///< int64 [P]
    torch::Tensor y;   ///< int64 [P]
    FitnessTrace fitness;
    std::vector<PatchMethod> methods;            ///< at the last eps, those done: unmasked, random, learned
    std::vector<std::vector<PatchMethod>> byEps; ///< [eps], likewise; all of them at the end
    std::vector<PatchMethod> counts;             ///< learned masks, other numbers per step
    std::vector<PatchRate> rates;                ///< ascending
    std::int64_t rateImages = 0;                 ///< images of `rates`

    const PatchMethod* method(const std::string& id) const;
    /// Per image, the fraction of the models of a role that a method fools: float64 [P].
    torch::Tensor meanSuccess(const PatchMethod& method, PatchRole role) const;
    /// "ε = 0.1 (L∞), 10 steps".
    std::string at(std::size_t eps) const;
};

/// How the masks of some images evolve, and what comes of them. On the CPU.
struct MaskFilm
{
    torch::Tensor ids;                  ///< int64 [n]
    torch::Tensor clean;                ///< float32 [n,C,H,W]
    std::vector<torch::Tensor> best;    ///< per generation, uint8 [n, genes]
    std::vector<torch::Tensor> dropped; ///< per generation, float64 [n, genes]: by how much of the population
    std::vector<torch::Tensor> fitness; ///< per generation, float64 [n, 2]: of the best mask, and the mean
    std::vector<torch::Tensor> unmasked; ///< per radius done, float16 [n,C,H,W]: attacked without masks
    std::vector<torch::Tensor> learned;  ///< likewise, with learned masks
    /// Keeps what @p populations, those of the first images, say of the next generation.
    void add(const std::vector<attacks::MaskPopulation>& populations);
    /// Only the first @p count images from now on.
    void keep(std::int64_t count);
};

/// Which radius, generation and image are shown.
struct PatchView
{
    std::size_t eps = 0;
    std::size_t generation = 0;
    std::int64_t image = 0; ///< position in the film
    bool operator==(const PatchView&) const = default;
};
/// @param film of at least one generation and image.
PatchView patchViewOf(const PatchResults& results, const MaskFilm& film, const PatchParams& params);

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

/// What previews need, lossless, for the run's artifact `outcomes`. Only for finished results.
engine::TensorMap patchTensors(const PatchResults& results, const MaskFilm& film);
/// Without fitness trace, counts and rates, which no preview changes.
/// @throws Error when a tensor is missing or malformed.
void patchFrom(const engine::TensorMap& tensors, PatchResults& results, MaskFilm& film);

} // namespace assay::transfer
