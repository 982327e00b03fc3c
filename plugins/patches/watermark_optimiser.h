#pragma once

#include "plugins/patches/watermark_region.h"

#include "backend/arrays/counter_random.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace assay::medlocker {

/// Random numbers of one image: they depend on nothing but seed, purpose and sample, hence neither on the
/// batch nor on the order of images.
class SampleDraws
{
public:
    SampleDraws(std::uint64_t seed, std::uint64_t purpose, std::int64_t sample);
    double uniform();                       ///< [0,1), 53 bits
    double within(double low, double high); ///< [low,high)
    std::size_t below(std::size_t count);   ///< 0 .. count - 1
private:
    std::uint64_t m_at;
};

/// How placements are searched for. The defaults are the published ones but for the population (50).
struct SearchSpec
{
    std::string optimiser = "bhe"; ///< see optimiserIds()
    int population = 20;
    int generations = 3;
    int hops = 3;           ///< basin hops of every individual and generation
    double crossover = 0.9; ///< CR
    int alphaMin = 102;     ///< levels of 255
    int alphaMax = 230;
    double alphaStep = 20;            ///< largest hop of alpha, levels
    double positionStep = 50.0 / 224; ///< largest hop of u and v, of the image's width
    double faintness = 0;             ///< mu: weight of alpha / 255 in the objective
    bool stopEarly = true;            ///< an image is done when its class is missed
    std::uint64_t seed = 0;
};

/// "bhe", "random", "grid", "de", "hopping", "pso", and what they are called.
std::vector<std::string> optimiserIds();
std::vector<std::string> optimiserTitles();

/// NP (1 + generations (hops + 2)): the queries that basin hopping evolution asks at most, and that every
/// other optimiser may ask.
int queryBudget(const SearchSpec& spec);

/// What a placement turned out to be worth.
struct Judged
{
    double value = 1;    ///< p(true class) + mu alpha / 255: the less the better
    double truth = 1;    ///< p(true class)
    bool fooled = false; ///< another class is the likeliest
};

/// One image's search, as questions and answers, so that many images share a batch.
class Optimiser
{
public:
    virtual ~Optimiser() = default;
    /// The next placements to try, all allowed; empty when the search is over.
    virtual std::vector<Placement> ask() = 0;
    /// What they are worth, in the order asked.
    virtual void tell(std::span<const Judged> judged) = 0;
};

/// @param region not empty; must outlive the optimiser. @param imageWidth pixels, scales the steps.
/// @throws Error for an unknown optimiser.
std::unique_ptr<Optimiser> makeOptimiser(const SearchSpec& spec, const Region& region, int imageWidth,
                                         std::int64_t sample);

/// @throws Error naming the parameter that is out of range.
void checkSearch(const SearchSpec& spec);

} // namespace assay::medlocker
