#pragma once

#include "plugins/patches/watermark_optimiser.h"

namespace assay::medlocker {

/// Steps that optimisers of placements have in common, for one image.
class PlacementSpace
{
public:
    PlacementSpace(const SearchSpec& spec, const Region& region, int imageWidth, std::int64_t sample,
                   std::uint64_t purpose);

    const SearchSpec& spec() const { return m_spec; }
    const Region& region() const { return m_region; }
    SampleDraws& draws() { return m_draws; }

    Placement anywhere();
    std::vector<Placement> anywhere(int count);
    /// A hop from @p from by up to 1 alpha step and 1 position step a coordinate. One out of bounds or in the
    /// protected area is drawn again up to ten times, since on small images most are; then there is none.
    bool hop(const Placement& from, Placement& to);
    bool allowed(const Placement& p) const;
    /// The nearest allowed placement.
    Placement projected(double alpha, double u, double v) const;

private:
    const SearchSpec m_spec;
    const Region& m_region;
    double m_positionStep; ///< pixels
    SampleDraws m_draws;
};

/// A placement with its worth; not asked about yet while !known.
struct Individual
{
    Placement at;
    Judged judged;
    bool known = false;
};

/// Basin Hopping Evolution (Jia, Wei, Cao, Han: Adv-watermark, ACM MM 2020, arXiv 2008.01919, algorithm 1).
/// Differs: hops are accepted only when better (SciPy's routine, which the authors call, accepts by
/// Metropolis at T = 1 and descends locally, which on a piecewise constant objective does nothing); a crossed
/// child outside of the allowed region is replaced by the mutant; what was asked already is not asked again,
/// and what that saves of the budget goes into further generations.
class BasinHoppingEvolution final : public Optimiser
{
public:
    explicit BasinHoppingEvolution(PlacementSpace space);
    std::vector<Placement> ask() override;
    void tell(std::span<const Judged> judged) override;
    const std::vector<Individual>& population() const { return m_parents; }

private:
    enum class Stage { Start, Hop, Cross, Done };

    std::vector<Placement> hopAll();
    std::vector<Placement> crossAll();
    void select();
    bool goesOn() const;

    PlacementSpace m_space;
    Stage m_stage = Stage::Start;
    int m_generation = 0;
    int m_hop = 0;
    int m_queries = 0;
    int m_before = 0; ///< queries when the generation began
    std::vector<Individual> m_parents;
    std::vector<Individual> m_mutants;
    std::vector<Individual> m_children;
    std::vector<std::size_t> m_asked; ///< which individual each question is of
};

} // namespace assay::medlocker
