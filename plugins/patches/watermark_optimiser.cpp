#include "plugins/patches/watermark_optimiser.h"

#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"
#include "plugins/patches/watermark_evolution.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::medlocker {

namespace {

using arrays::kGolden;
using arrays::mixed;

constexpr double kDifferenceWeight = 0.5; ///< F of differential evolution
constexpr double kInertia = 0.729;        ///< particle swarm: constriction of Clerc and Kennedy 2002
constexpr double kAttraction = 1.494;

struct NamedOptimiser
{
    const char* id;
    const char* title;
};
constexpr std::array<NamedOptimiser, 6> kOptimisers = {{{"bhe", "Basin hopping evolution"},
                                                        {"random", "Random search"},
                                                        {"grid", "Grid scan"},
                                                        {"de", "Differential evolution"},
                                                        {"hopping", "Basin hopping"},
                                                        {"pso", "Particle swarm"}}};

class RandomSearch final : public Optimiser
{
public:
    explicit RandomSearch(PlacementSpace space)
        : m_space(std::move(space))
    {}
    std::vector<Placement> ask() override { return m_space.anywhere(m_space.spec().population); }
    void tell(std::span<const Judged>) override {}

private:
    PlacementSpace m_space;
};

/// Every place at the highest alpha, on the finest grid that the budget allows; what is left of it goes to
/// the middle and the lowest alpha.
class GridScan final : public Optimiser
{
public:
    explicit GridScan(PlacementSpace space)
        : m_space(std::move(space))
    {
        const SearchSpec& spec = m_space.spec();
        const auto budget = static_cast<std::size_t>(queryBudget(spec));
        std::vector<Placement> places;
        for (int stride = 1; places.empty() || places.size() > budget; ++stride)
            places = onGrid(stride);
        for (const int alpha : {spec.alphaMax, (spec.alphaMin + spec.alphaMax) / 2, spec.alphaMin})
            for (Placement p : places) {
                p.alpha = alpha;
                m_all.push_back(p);
            }
    }
    std::vector<Placement> ask() override
    {
        const std::size_t more =
            std::min(m_all.size() - m_next, static_cast<std::size_t>(m_space.spec().population));
        const auto from = m_all.begin() + static_cast<std::ptrdiff_t>(m_next);
        m_next += more;
        return {from, from + static_cast<std::ptrdiff_t>(more)};
    }
    void tell(std::span<const Judged>) override {}

private:
    std::vector<Placement> onGrid(int stride) const
    {
        std::vector<Placement> all;
        for (std::size_t i = 0; i < m_space.region().size(); ++i) {
            const Placement p = m_space.region().place(i);
            if (p.u % stride == 0 && p.v % stride == 0)
                all.push_back(p);
        }
        if (all.empty()) // the places lie between the lines
            all.push_back(m_space.region().place(0));
        return all;
    }

    PlacementSpace m_space;
    std::vector<Placement> m_all;
    std::size_t m_next = 0;
};

/// DE/rand/1/bin (Storn and Price 1997), out of bounds projected.
class DifferentialEvolution final : public Optimiser
{
public:
    explicit DifferentialEvolution(PlacementSpace space)
        : m_space(std::move(space))
    {}
    std::vector<Placement> ask() override
    {
        if (m_parents.empty()) {
            m_tried = m_space.anywhere(m_space.spec().population);
            return m_tried;
        }
        m_tried.clear();
        for (std::size_t i = 0; i < m_parents.size(); ++i)
            m_tried.push_back(trial(i));
        return m_tried;
    }
    void tell(std::span<const Judged> judged) override
    {
        m_parents.resize(m_tried.size());
        for (std::size_t i = 0; i < judged.size(); ++i)
            if (!m_parents[i].known || judged[i].value <= m_parents[i].judged.value)
                m_parents[i] = {m_tried[i], judged[i], true};
    }

private:
    Placement trial(std::size_t i)
    {
        SampleDraws& draws = m_space.draws();
        const auto any = [&] { return m_parents[draws.below(m_parents.size())].at; };
        const Placement a = any(), b = any(), c = any(), &p = m_parents[i].at;
        const std::size_t always = draws.below(3);
        const auto mixed = [&](std::size_t j, int base, int plus, int minus, int parent) {
            return draws.uniform() <= m_space.spec().crossover || j == always
                       ? base + kDifferenceWeight * (plus - minus)
                       : parent;
        };
        const double alpha = mixed(0, a.alpha, b.alpha, c.alpha, p.alpha);
        const double u = mixed(1, a.u, b.u, c.u, p.u);
        return m_space.projected(alpha, u, mixed(2, a.v, b.v, c.v, p.v));
    }

    PlacementSpace m_space;
    std::vector<Individual> m_parents;
    std::vector<Placement> m_tried;
};

/// As many chains as the population has individuals, each accepting what is better.
class BasinHopping final : public Optimiser
{
public:
    explicit BasinHopping(PlacementSpace space)
        : m_space(std::move(space))
    {}
    std::vector<Placement> ask() override
    {
        if (m_chains.empty()) {
            m_tried = m_space.anywhere(m_space.spec().population);
            return m_tried;
        }
        for (std::size_t i = 0; i < m_chains.size(); ++i)
            if (!m_space.hop(m_chains[i].at, m_tried[i]))
                m_tried[i] = m_space.anywhere(); // stuck: starts again elsewhere
        return m_tried;
    }
    void tell(std::span<const Judged> judged) override
    {
        m_chains.resize(m_tried.size());
        for (std::size_t i = 0; i < judged.size(); ++i)
            if (!m_chains[i].known || judged[i].value < m_chains[i].judged.value)
                m_chains[i] = {m_tried[i], judged[i], true};
    }

private:
    PlacementSpace m_space;
    std::vector<Individual> m_chains;
    std::vector<Placement> m_tried;
};

/// Particle swarm with one global best (Kennedy and Eberhart 1995, constricted); asks about the nearest
/// allowed placement of each particle.
class ParticleSwarm final : public Optimiser
{
public:
    explicit ParticleSwarm(PlacementSpace space)
        : m_space(std::move(space))
    {}
    std::vector<Placement> ask() override
    {
        if (m_own.empty()) {
            m_tried = m_space.anywhere(m_space.spec().population);
            for (const Placement& p : m_tried)
                m_position.push_back(coordinates(p));
            m_velocity.resize(m_tried.size());
            m_own.resize(m_tried.size());
            return m_tried;
        }
        for (std::size_t i = 0; i < m_own.size(); ++i)
            m_tried[i] = moved(i);
        return m_tried;
    }
    void tell(std::span<const Judged> judged) override
    {
        for (std::size_t i = 0; i < judged.size(); ++i) {
            const Individual now{m_tried[i], judged[i], true};
            if (!m_own[i].known || now.judged.value < m_own[i].judged.value)
                m_own[i] = now;
            if (!m_best.known || now.judged.value < m_best.judged.value)
                m_best = now;
        }
    }

private:
    using Point = std::array<double, 3>;
    static Point coordinates(const Placement& p)
    {
        return {static_cast<double>(p.alpha), static_cast<double>(p.u), static_cast<double>(p.v)};
    }
    Placement moved(std::size_t i)
    {
        SampleDraws& draws = m_space.draws();
        const Point own = coordinates(m_own[i].at), best = coordinates(m_best.at);
        for (std::size_t j = 0; j < own.size(); ++j) {
            double& velocity = m_velocity[i][j];
            const double here = m_position[i][j];
            velocity = kInertia * velocity + kAttraction * draws.uniform() * (own[j] - here) +
                       kAttraction * draws.uniform() * (best[j] - here);
        }
        const Placement to =
            m_space.projected(m_position[i][0] + m_velocity[i][0], m_position[i][1] + m_velocity[i][1],
                              m_position[i][2] + m_velocity[i][2]);
        m_position[i] = coordinates(to);
        return to;
    }

    PlacementSpace m_space;
    std::vector<Point> m_position;
    std::vector<Point> m_velocity;
    std::vector<Individual> m_own;
    Individual m_best;
    std::vector<Placement> m_tried;
};

[[noreturn]] void refuseSearch(const std::string& what, const std::string& parameter)
{
    throw Error(what, parameter);
}

} // namespace

SampleDraws::SampleDraws(std::uint64_t seed, std::uint64_t purpose, std::int64_t sample)
    : m_at(mixed(mixed(mixed(seed + kGolden) + purpose * kGolden) +
                 static_cast<std::uint64_t>(sample) * kGolden))
{}

double SampleDraws::uniform()
{
    constexpr int kDropped = 11;
    constexpr double kUnit = 0x1p-53;
    m_at += kGolden;
    return static_cast<double>(mixed(m_at) >> kDropped) * kUnit;
}

double SampleDraws::within(double low, double high)
{
    return low + uniform() * (high - low);
}

std::size_t SampleDraws::below(std::size_t count)
{
    return std::min(static_cast<std::size_t>(uniform() * static_cast<double>(count)), count - 1);
}

std::vector<std::string> optimiserIds()
{
    std::vector<std::string> ids;
    for (const NamedOptimiser& o : kOptimisers)
        ids.emplace_back(o.id);
    return ids;
}

std::vector<std::string> optimiserTitles()
{
    std::vector<std::string> titles;
    for (const NamedOptimiser& o : kOptimisers)
        titles.emplace_back(o.title);
    return titles;
}

int queryBudget(const SearchSpec& spec)
{
    return spec.population * (1 + spec.generations * (spec.hops + 2));
}

void checkSearch(const SearchSpec& spec)
{
    if (spec.population < 2)
        refuseSearch("the population is " + std::to_string(spec.population) + "; it must be 2 or more",
                     "population");
    if (spec.alphaMin < 1 || spec.alphaMax > 255 || spec.alphaMin > spec.alphaMax)
        refuseSearch("the opacity must rise from alpha_min to alpha_max within 1/255 and 1; given were " +
                         std::to_string(spec.alphaMin) + "/255 and " + std::to_string(spec.alphaMax) + "/255",
                     "alpha_max");
}

std::unique_ptr<Optimiser> makeOptimiser(const SearchSpec& spec, const Region& region, int imageWidth,
                                         std::int64_t sample)
{
    const auto found =
        std::ranges::find_if(kOptimisers, [&](const NamedOptimiser& o) { return spec.optimiser == o.id; });
    if (found == kOptimisers.end())
        throw Error("'" + spec.optimiser + "' is no optimiser", "optimiser",
                    protocol::suggestion(spec.optimiser, optimiserIds()));
    const std::string id = found->id;
    PlacementSpace space(spec, region, imageWidth, sample,
                         static_cast<std::uint64_t>(found - kOptimisers.begin()));
    if (id == "random")
        return std::make_unique<RandomSearch>(std::move(space));
    if (id == "grid")
        return std::make_unique<GridScan>(std::move(space));
    if (id == "de")
        return std::make_unique<DifferentialEvolution>(std::move(space));
    if (id == "hopping")
        return std::make_unique<BasinHopping>(std::move(space));
    if (id == "pso")
        return std::make_unique<ParticleSwarm>(std::move(space));
    return std::make_unique<BasinHoppingEvolution>(std::move(space));
}

} // namespace assay::medlocker
