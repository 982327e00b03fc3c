#include "plugins/patches/watermark_evolution.h"

#include <algorithm>
#include <cmath>

namespace assay::medlocker {

namespace {

constexpr int kHopTries = 10;

Placement crossed(const Placement& mutant, const Placement& parent, double rate, SampleDraws& draws)
{
    const std::size_t always = draws.below(3);
    const auto takes = [&](std::size_t j) { return draws.uniform() <= rate || j == always; };
    Placement child = parent;
    if (takes(0))
        child.alpha = mutant.alpha;
    if (takes(1))
        child.u = mutant.u;
    if (takes(2))
        child.v = mutant.v;
    return child;
}

} // namespace

PlacementSpace::PlacementSpace(const SearchSpec& spec, const Region& region, int imageWidth,
                               std::int64_t sample, std::uint64_t purpose)
    : m_spec(spec)
    , m_region(region)
    , m_positionStep(std::max(1.0, spec.positionStep * imageWidth))
    , m_draws(spec.seed, purpose, sample)
{}

Placement PlacementSpace::anywhere()
{
    Placement p = m_region.place(m_draws.below(m_region.size()));
    p.alpha =
        m_spec.alphaMin +
        static_cast<int>(m_draws.below(static_cast<std::size_t>(m_spec.alphaMax - m_spec.alphaMin + 1)));
    return p;
}

std::vector<Placement> PlacementSpace::anywhere(int count)
{
    std::vector<Placement> all;
    for (int i = 0; i < count; ++i)
        all.push_back(anywhere());
    return all;
}

bool PlacementSpace::allowed(const Placement& p) const
{
    return p.alpha >= m_spec.alphaMin && p.alpha <= m_spec.alphaMax && m_region.contains(p.u, p.v);
}

bool PlacementSpace::hop(const Placement& from, Placement& to)
{
    const auto moved = [this](int value, double step) {
        return static_cast<int>(std::lround(value + m_draws.within(-step, step)));
    };
    for (int i = 0; i < kHopTries; ++i) {
        to.alpha = moved(from.alpha, m_spec.alphaStep);
        to.u = moved(from.u, m_positionStep);
        to.v = moved(from.v, m_positionStep);
        if (allowed(to) && to != from)
            return true;
    }
    return false;
}

Placement PlacementSpace::projected(double alpha, double u, double v) const
{
    Placement p = m_region.nearest(u, v);
    p.alpha = static_cast<int>(std::lround(
        std::clamp(alpha, static_cast<double>(m_spec.alphaMin), static_cast<double>(m_spec.alphaMax))));
    return p;
}

BasinHoppingEvolution::BasinHoppingEvolution(PlacementSpace space)
    : m_space(std::move(space))
{}

std::vector<Placement> BasinHoppingEvolution::ask()
{
    if (m_stage == Stage::Start) {
        m_asked.clear();
        m_parents.clear();
        std::vector<Placement> first = m_space.anywhere(m_space.spec().population);
        for (const Placement& p : first) {
            m_asked.push_back(m_parents.size());
            m_parents.push_back({.at = p});
        }
        return first;
    }
    // A round in which no hop was possible, or nothing new came of crossing, asks nothing.
    while (m_stage != Stage::Done) {
        std::vector<Placement> next = m_stage == Stage::Hop ? hopAll() : crossAll();
        if (!next.empty())
            return next;
        tell({});
    }
    return {};
}

std::vector<Placement> BasinHoppingEvolution::hopAll()
{
    if (m_hop == 0)
        m_mutants = m_parents;
    m_asked.clear();
    std::vector<Placement> tried;
    for (std::size_t i = 0; i < m_mutants.size(); ++i) {
        Placement to;
        if (!m_space.hop(m_mutants[i].at, to))
            continue;
        m_asked.push_back(i);
        tried.push_back(to);
    }
    m_children.clear();
    for (const Placement& p : tried)
        m_children.push_back({.at = p});
    return tried;
}

std::vector<Placement> BasinHoppingEvolution::crossAll()
{
    m_asked.clear();
    m_children.clear();
    std::vector<Placement> tried;
    for (std::size_t i = 0; i < m_parents.size(); ++i) {
        const Individual &parent = m_parents[i], &mutant = m_mutants[i];
        Individual child{.at = crossed(mutant.at, parent.at, m_space.spec().crossover, m_space.draws())};
        if (child.at == parent.at)
            child = parent;
        else if (child.at == mutant.at || !m_space.allowed(child.at))
            child = mutant;
        if (!child.known) {
            m_asked.push_back(i);
            tried.push_back(child.at);
        }
        m_children.push_back(child);
    }
    return tried;
}

void BasinHoppingEvolution::select()
{
    for (std::size_t i = 0; i < m_parents.size(); ++i)
        if (m_children[i].judged.value <= m_parents[i].judged.value)
            m_parents[i] = m_children[i];
}

bool BasinHoppingEvolution::goesOn() const
{
    const SearchSpec& spec = m_space.spec();
    if (m_generation < spec.generations)
        return true;
    // A generation that found nothing to ask about is the last: there is nowhere to go.
    return m_queries > m_before && m_queries + spec.population <= queryBudget(spec);
}

void BasinHoppingEvolution::tell(std::span<const Judged> judged)
{
    m_queries += static_cast<int>(judged.size());
    const int hops = m_space.spec().hops;
    const Stage mutating = hops > 0 ? Stage::Hop : Stage::Cross;
    switch (m_stage) {
    case Stage::Start:
        for (std::size_t k = 0; k < judged.size(); ++k)
            m_parents[m_asked[k]] = {m_parents[m_asked[k]].at, judged[k], true};
        m_mutants = m_parents;
        m_stage = m_space.spec().generations > 0 ? mutating : Stage::Done;
        return;
    case Stage::Hop:
        for (std::size_t k = 0; k < judged.size(); ++k)
            if (Individual& mutant = m_mutants[m_asked[k]]; judged[k].value < mutant.judged.value)
                mutant = {m_children[k].at, judged[k], true};
        if (++m_hop >= hops) {
            m_hop = 0;
            m_stage = Stage::Cross;
        }
        return;
    case Stage::Cross:
        for (std::size_t k = 0; k < judged.size(); ++k)
            m_children[m_asked[k]] = {m_children[m_asked[k]].at, judged[k], true};
        select();
        ++m_generation;
        m_stage = goesOn() ? mutating : Stage::Done;
        m_before = m_queries;
        return;
    case Stage::Done:
        return;
    }
}

} // namespace assay::medlocker
