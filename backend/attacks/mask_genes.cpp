#include "backend/attacks/mask_genes.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay::attacks {

namespace {

std::uint64_t mixBits(std::uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15ull;

} // namespace

GeneDraws::GeneDraws(std::uint64_t seed, std::uint64_t sample, std::uint64_t generation)
    : m_state(mixBits(mixBits(mixBits(seed + kGamma) + sample + kGamma) + generation + kGamma))
{}

std::uint64_t GeneDraws::next()
{
    m_state += kGamma;
    return mixBits(m_state);
}

std::uint64_t GeneDraws::below(std::uint64_t n)
{
    // The bias of the multiplication is below n / 2^32.
    return ((next() >> 32) * n) >> 32;
}

std::int64_t droppedPatches(double rate, std::int64_t genes)
{
    // The nudge keeps 0.1 * 50 at 5, whichever way the product was rounded.
    return static_cast<std::int64_t>(std::floor(rate * static_cast<double>(genes) + 1e-9));
}

Genes randomGenes(std::int64_t genes, std::int64_t dropped, GeneDraws& draws)
{
    const auto count = static_cast<std::size_t>(genes);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t(0));
    Genes mask(count, 1);
    for (std::size_t i = 0; i < static_cast<std::size_t>(dropped); ++i) {
        std::swap(order[i], order[i + draws.below(count - i)]);
        mask[order[i]] = 0;
    }
    return mask;
}

Genes crossover(const Genes& a, const Genes& b)
{
    Genes child(a.size());
    std::uint8_t onlyA = 0; // what the next gene gets where only a keeps the patch
    std::uint8_t onlyB = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i]) {
            child[i] = a[i];
            continue;
        }
        std::uint8_t& next = a[i] != 0 ? onlyA : onlyB;
        child[i] = next;
        next = static_cast<std::uint8_t>(1 - next);
    }
    return child;
}

void sortByFitness(MaskPopulation& population)
{
    std::vector<std::size_t> order(population.masks.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return population.fitness[i]; });
    MaskPopulation sorted;
    for (const std::size_t i : order) {
        sorted.masks.push_back(std::move(population.masks[i]));
        sorted.fitness.push_back(population.fitness[i]);
    }
    population = std::move(sorted);
}

std::int64_t eliteCount(std::int64_t population, double fraction)
{
    const auto elite =
        static_cast<std::int64_t>(std::floor(fraction * static_cast<double>(population) + 1e-9));
    return std::clamp<std::int64_t>(elite, 2, population);
}

std::vector<Genes> offspring(const MaskPopulation& parents, double eliteFraction, std::int64_t dropped,
                             GeneDraws& draws)
{
    const auto count = static_cast<std::int64_t>(parents.masks.size());
    const std::int64_t elite = eliteCount(count, eliteFraction);
    const auto genes = static_cast<std::int64_t>(parents.masks.front().size());
    std::vector<Genes> children;
    for (std::int64_t i = 0; i < elite; ++i) {
        const std::uint64_t a = draws.below(static_cast<std::uint64_t>(elite));
        std::uint64_t b = draws.below(static_cast<std::uint64_t>(elite - 1));
        b += b >= a ? 1 : 0; // uniform over the others
        children.push_back(crossover(parents.masks[a], parents.masks[b]));
    }
    while (static_cast<std::int64_t>(children.size()) < count)
        children.push_back(randomGenes(genes, dropped, draws));
    return children;
}

MaskPopulation select(const MaskPopulation& parents, const MaskPopulation& children)
{
    MaskPopulation all = parents;
    all.masks.insert(all.masks.end(), children.masks.begin(), children.masks.end());
    all.fitness.insert(all.fitness.end(), children.fitness.begin(), children.fitness.end());
    sortByFitness(all);
    MaskPopulation kept;
    for (std::size_t i = 0; i < all.masks.size() && kept.masks.size() < parents.masks.size(); ++i) {
        if (!kept.fitness.empty() && all.fitness[i] - kept.fitness.back() <= kSameFitness)
            continue;
        kept.masks.push_back(all.masks[i]);
        kept.fitness.push_back(all.fitness[i]);
    }
    while (kept.masks.size() < parents.masks.size()) {
        kept.masks.push_back(kept.masks.back());
        kept.fitness.push_back(kept.fitness.back());
    }
    return kept;
}

} // namespace assay::attacks
