#pragma once

#include "backend/attacks/patch_mask.h"

#include <functional>

namespace assay::attacks {

/// The evolutionary search for patch masks; see mask_genes.h for the operators.
struct MaskSearchSpec
{
    std::int64_t patch = 4; ///< side of a patch in pixels
    double dropRate = 0.1;  ///< fraction of the patches that a fresh mask drops, in [0,1)
    int population = 20;    ///< 2 .. 10000
    int generations = 5;    ///< 0 .. 10000; 0: random masks, only sorted
    double eliteFraction = 0.3;
    bool operator==(const MaskSearchSpec&) const = default;
};

/// @throws Error naming the number that is out of range.
void checkMaskSearch(const MaskSearchSpec& spec);

/// Where the search for some images stands.
struct MaskSearchState
{
    int generation = 0;
    std::vector<MaskPopulation> populations; ///< one per image, sorted
};

/// Learns masks for each image of a batch. A mask is as good as the attack made with it, and with it alone,
/// fools the simulated models: with x' the result of @p recipe under the mask on the source, shown unmasked,
///
///     F(M) = mean_i L_i + Var_i L_i,    L_i = -CE(g_i(x'), y),
///
/// to be minimised; Var is the population variance over the simulated models g_i. Targeted, L_i = CE(g_i(x'),
/// t). The models that are attacked in the end must not be among the simulated ones.
class MaskSearch
{
public:
    /// Keeps references: source, models and recipe must outlive the search.
    /// @throws Error for a specification out of range, no simulated model, or patches that do not fit.
    MaskSearch(const Source& source, std::vector<const models::Model*> simulated, const Recipe& recipe,
               const Budget& budget, const MaskSearchSpec& spec);

    /// @param x float32 [N,C,H,W] in [0,1]. Context::seed and ::samples (the images' numbers in their set)
    /// decide
    ///          the masks drawn, so that an image's result does not depend on the batch. Progress is that of
    ///          the image-steps of the present generation.
    /// @param report called after each generation, 0 being the initial one; its thread is the caller's.
    /// @returns the state after the last generation.
    MaskSearchState run(const torch::Tensor& x, const torch::Tensor& y, const Context& context,
                        const std::function<void(const MaskSearchState&)>& report = {}) const;

    PatchGrid grid(const torch::Tensor& x) const;

private:
    /// One row per image and mask, on the source's device: the batch is the search's, not the images'.
    struct Rows
    {
        torch::Tensor images;
        torch::Tensor labels;
        torch::Tensor targets; ///< undefined when the attack is untargeted
    };
    Rows rowsOf(const torch::Tensor& x, const torch::Tensor& y, const Context& context) const;
    std::vector<MaskPopulation> rated(const std::vector<std::vector<Genes>>& candidates, const Rows& rows,
                                      const Context& context) const;

    const Source& m_source;
    std::vector<const models::Model*> m_simulated;
    const Recipe& m_recipe;
    Budget m_budget;
    MaskSearchSpec m_spec;
};

/// F for each row. @param losses float64 [models, n]: L_i.
torch::Tensor maskFitness(const torch::Tensor& losses);

/// The masks of the populations, uint8 [N, population, genes], best first.
torch::Tensor maskTensor(const std::vector<MaskPopulation>& populations);

/// Masks of the same shape and rate without any search, uint8 [N, population, genes]: what learned ones are
/// compared with. @param samples int64 [N]: the images' numbers.
torch::Tensor randomMasks(const PatchGrid& grid, const MaskSearchSpec& spec, const torch::Tensor& samples,
                          std::uint64_t seed);

/// How often each patch is dropped, float64 [N, genes]: mean over the population of 1 - M.
torch::Tensor dropFrequency(const torch::Tensor& masks);

} // namespace assay::attacks
