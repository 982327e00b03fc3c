#pragma once

#include <torch/types.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace assay::attacks {

// The operators of the evolutionary search for patch masks of Wei and Zhao 2024 ("Boosting Adversarial
// Transferability with Learnable Patch-wise Masks", IEEE Transactions on Multimedia), on masks of one image.
// Read from the authors' release and its copy in TransferAttack: it is called differential evolution there,
// but has no difference vectors; crossover alternates, and mutation draws afresh.

/// One bit per patch, row-major; 0: the patch is dropped.
using Genes = std::vector<std::uint8_t>;

/// A generator of its own for each image and generation: SplitMix64, so that the same seed gives the same
/// masks with every library.
class GeneDraws
{
public:
    GeneDraws(std::uint64_t seed, std::uint64_t sample, std::uint64_t generation);
    /// Uniform in 0 .. n-1.
    std::uint64_t below(std::uint64_t n);

private:
    std::uint64_t next();
    std::uint64_t m_state;
};

/// How many of @p genes patches a mask drops: floor(rate * genes).
std::int64_t droppedPatches(double rate, std::int64_t genes);

/// A mask with exactly @p dropped zeros at random places.
Genes randomGenes(std::int64_t genes, std::int64_t dropped, GeneDraws& draws);

/// Child of two masks: equal bits are copied; where they differ the bits alternate in the order of the genes,
/// apart for (a=1, b=0) and (a=0, b=1), each kind beginning with 0. So the child drops at least what both
/// drop, and at most what either drops.
Genes crossover(const Genes& a, const Genes& b);

/// Masks with the fitness of each, ascending: smaller is better.
struct MaskPopulation
{
    std::vector<Genes> masks;
    std::vector<double> fitness;
    bool operator==(const MaskPopulation&) const = default;
};

/// Two fitness values this close are the same mask as far as selection is concerned.
inline constexpr double kSameFitness = 1e-9;

/// Ascending by fitness; equal ones in the order given.
void sortByFitness(MaskPopulation& population);

/// How many of @p population are parents, and how many children they get: floor(fraction * population), at
/// least 2.
std::int64_t eliteCount(std::int64_t population, double fraction);

/// The next candidates of a sorted population: eliteCount() children of two different members of the elite,
/// the rest fresh random masks.
std::vector<Genes> offspring(const MaskPopulation& parents, double eliteFraction, std::int64_t dropped,
                             GeneDraws& draws);

/// The best of parents and offspring, as many as there are parents, of equal fitness only one; where fewer
/// are left the worst one kept is repeated. Parents win over offspring of equal fitness.
MaskPopulation select(const MaskPopulation& parents, const MaskPopulation& children);

} // namespace assay::attacks
