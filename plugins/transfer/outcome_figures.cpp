#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/class_aware_figures.h"

#include <torch/types.h>

#include <array>
#include <cmath>

namespace assay::transfer {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

std::string epsText(const ClassAwareResults& r, std::size_t eps)
{
    return "ε = " + reporting::shortText(r.eps[eps]) + (r.norm == "l2" ? " (L2)" : " (L∞)");
}

std::string countText(std::int64_t n)
{
    return std::to_string(n);
}

/// What the rates of the figure are of, with numbers: the sentence every caption ends with.
std::string denominatorText(const ClassAwareResults& r, const View& view, std::size_t eps)
{
    const OutcomeCounts c = r.counts(view.source, view.target, eps);
    const metrics::Rate success = sourceSuccess(c);
    std::string text = countText(c.pool) + " test images are classified correctly by all models; " +
                       countText(c.fooled()) + " of them (" + reporting::shortText(100 * success.value) +
                       " %) fool " + r.sources[view.source] + " at " + epsText(r, eps) + ". ";
    text += view.of == Denominator::Fooled ? "Fractions are of the images that fool the source."
                                           : "Fractions are of all attacked images.";
    return text;
}

/// The stack of outcomes with the whisker of the fooled total, one x at a time.
class OutcomeStack
{
public:
    OutcomeStack(const ClassAwareResults& results, Denominator of)
        : m_results(results)
        , m_of(of)
    {
        m_layers[0] = bars("same mistake", "same");
        m_layers[1] = bars("different mistake", "different");
        m_layers[2] = bars("unfooled", "unfooled");
        m_layers[3] = bars("source not fooled", "neutral");
        m_layers[4].kind = LayerKind::Points;
        m_layers[4].name = "target fooled (same + different)";
        m_layers[4].role = "accent";
    }

    void add(double x, std::size_t s, std::size_t t, std::size_t e, std::string label)
    {
        const torch::Tensor codes = m_results.outcomes(s, t, e);
        const OutcomeRates rates = outcomeRates(countOutcomes(codes), m_of);
        const std::array<std::pair<Outcome, metrics::Rate>, 4> parts = {
            {{Outcome::Same, rates.same},
             {Outcome::Different, rates.different},
             {Outcome::Unfooled, rates.unfooled},
             {Outcome::SourceHolds, rates.sourceHolds}}};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            reporting::addRateMark(m_layers[i], x, parts[i].second, false);
            m_layers[i].samples.add(m_results.idsWhere(codes == static_cast<std::int64_t>(parts[i].first)));
        }
        reporting::addRateMark(m_layers[4], x, rates.transferred, true);
        m_layers[4].labels.push_back(std::move(label));
        m_layers[4].samples.add(m_results.idsWhere(codes >= static_cast<std::int64_t>(Outcome::Different)));
    }

    std::vector<Layer> layers() const
    {
        std::vector<Layer> result(m_layers.begin(), m_layers.begin() + 3);
        if (m_of == Denominator::Attacked)
            result.push_back(m_layers[3]);
        result.push_back(m_layers[4]);
        return result;
    }

private:
    static Layer bars(std::string name, std::string role)
    {
        Layer layer;
        layer.kind = LayerKind::Bars;
        layer.name = std::move(name);
        layer.role = std::move(role);
        layer.stack = "outcome";
        return layer;
    }

    const ClassAwareResults& m_results;
    Denominator m_of;
    std::array<Layer, 5> m_layers;
};

/// A line per target over the radii computed so far.
template <class RateOf>
std::vector<Layer> linesByEps(const ClassAwareResults& r, std::size_t source, std::int64_t lowestOutcome,
                              RateOf rate)
{
    std::vector<Layer> layers;
    for (const std::size_t t : r.bySimilarity(source)) {
        Layer line;
        line.kind = LayerKind::Line;
        line.name = r.targets[t];
        line.role = "model:" + r.targets[t];
        for (std::size_t e = 0; e < r.perSource[source].eps.size(); ++e) {
            const torch::Tensor codes = r.outcomes(source, t, e);
            const metrics::Rate value = rate(countOutcomes(codes));
            if (value.n == 0)
                continue; // no rate where nothing is in the denominator
            reporting::addRateMark(line, r.eps[e], value, true);
            line.samples.add(r.idsWhere(codes >= lowestOutcome));
        }
        layers.push_back(std::move(line));
    }
    return layers;
}

protocol::Axis epsAxis(const ClassAwareResults& r)
{
    return {.label = r.norm == "l2" ? "ε (L2)" : "ε (L∞)", .unit = "of [0,1]"};
}

} // namespace

Figure outcomesFigure(const ClassAwareResults& r, const View& view)
{
    const std::string& source = r.sources[view.source];
    Figure f{.name = "outcomes",
             .title = "Same or different mistakes: " + source + ", " + epsText(r, view.eps),
             .section = "Outcomes",
             .rateOf = rateOf(r, view),
             .interval = reporting::kWilson};
    f.caption =
        "Adversarial images made on " + source + " (" + r.attackText +
        ") and shown to each target, the most similar model first. Same mistake: the target predicts the "
        "wrong class that the source predicts; different mistake: another wrong class; unfooled: the true "
        "class. Dist is the boundary distance to the source. " +
        denominatorText(r, view, view.eps);
    f.x = {.label = "Target model, nearest boundary first", .scale = AxisScale::Category};
    f.y = reporting::percentScale(view.of == Denominator::Fooled ? "Images that fool the source"
                                                                 : "Attacked images");
    OutcomeStack stack(r, view.of);
    for (const std::size_t t : r.bySimilarity(view.source)) {
        const double x = static_cast<double>(f.x.categories.size());
        f.x.categories.push_back(r.targets[t]);
        stack.add(x, view.source, t, view.eps,
                  "Dist " + reporting::shortText(r.perSource[view.source].similarity[t].distance));
    }
    f.layers = stack.layers();
    return f;
}

Figure outcomesByEpsFigure(const ClassAwareResults& r, const View& view)
{
    const std::string& source = r.sources[view.source];
    const std::string& target = r.targets[view.target];
    Figure f{.name = "outcomes-by-eps",
             .title = "Outcomes over ε: " + source + " → " + target,
             .section = "Outcomes",
             .rateOf = rateOf(r, view),
             .interval = reporting::kWilson};
    f.caption =
        "What " + target + " makes of adversarial images of " + source + " (" + r.attackText +
        ") as they may differ more from the original. The number of images that fool the source grows with "
        "ε. At the shown radius: " +
        denominatorText(r, view, view.eps);
    f.x = epsAxis(r);
    f.x.scale = AxisScale::Category; // bars of equal width, however the radii are spaced
    f.y = reporting::percentScale(view.of == Denominator::Fooled ? "Images that fool the source"
                                                                 : "Attacked images");
    OutcomeStack stack(r, view.of);
    for (std::size_t e = 0; e < r.perSource[view.source].eps.size(); ++e) {
        const metrics::Rate success = sourceSuccess(r.counts(view.source, view.target, e));
        f.x.categories.push_back(reporting::shortText(r.eps[e]));
        stack.add(static_cast<double>(e), view.source, view.target, e,
                  "source fooled " + reporting::shortText(100 * success.value) + " %");
    }
    f.layers = stack.layers();
    return f;
}

Figure transferByEpsFigure(const ClassAwareResults& r, const View& view)
{
    const std::string& source = r.sources[view.source];
    Figure f{.name = "transfer-by-eps",
             .title = "Transfer rate over ε from " + source,
             .section = "Outcomes",
             .rateOf = rateOf(r, view),
             .interval = reporting::kWilson};
    f.caption =
        "Fraction of adversarial images of " + source + " (" + r.attackText +
        ") that fool each target into any wrong class (same + different mistakes), with Wilson 95 % bands. "
        "At the shown radius: " +
        denominatorText(r, view, view.eps);
    f.x = epsAxis(r);
    f.y = reporting::percentScale("Transfer rate");
    f.layers = linesByEps(r, view.source, static_cast<std::int64_t>(Outcome::Different),
                          [&](const OutcomeCounts& c) { return outcomeRates(c, view.of).transferred; });
    return f;
}

Figure sameShareFigure(const ClassAwareResults& r, const View& view)
{
    const std::string& source = r.sources[view.source];
    Figure f{.name = "same-share",
             .title = "Share of same mistakes over ε from " + source,
             .section = "Outcomes",
             .rateOf = "adversarial images that fool both " + source + " and the target",
             .interval = reporting::kWilson};
    f.caption =
        "Of the adversarial images that fool both models, the fraction that fools them into the same wrong "
        "class: same / (same + different). Above 50 % same mistakes are the majority. Radii at which no "
        "image transfers have no point; bands are wide where few do.";
    f.x = epsAxis(r);
    f.y = reporting::percentScale("Same mistakes among transferred images");
    f.layers = linesByEps(r, view.source, static_cast<std::int64_t>(Outcome::Same), sameMistakeShare);
    Layer half;
    half.kind = LayerKind::Marks;
    half.name = "half";
    half.role = "neutral";
    half.y = {50};
    half.labels = {"half"};
    f.layers.push_back(std::move(half));
    return f;
}

Figure similarityFigure(const ClassAwareResults& r, const View& view)
{
    const std::string& source = r.sources[view.source];
    const double rho = r.spearman(view.source, view.eps);
    Figure f{.name = "similarity",
             .title = "Similar models share mistakes: " + source + ", " + epsText(r, view.eps),
             .section = "Similarity",
             .rateOf = rateOf(r, view),
             .interval = reporting::kWilson};
    f.caption =
        "Transfer rate against boundary distance: the mean difference between the distances to the decision "
        "boundary of both models, along the source's loss gradient. ";
    f.caption += std::isfinite(rho)
                     ? "Spearman's ρ = " + reporting::shortText(rho) + " over " +
                           countText(static_cast<std::int64_t>(r.bySimilarity(view.source).size())) +
                           " targets. "
                     : std::string("A rank correlation needs two targets or more. ");
    f.caption += denominatorText(r, view, view.eps);
    f.x = {.label = "Boundary distance Dist(F1, F2)", .unit = "L2, pixels in [0,1]", .low = 0};
    f.y = reporting::percentScale("Transfer rate");
    for (const std::size_t t : r.bySimilarity(view.source)) {
        const torch::Tensor codes = r.outcomes(view.source, t, view.eps);
        Layer point;
        point.kind = LayerKind::Points;
        point.name = r.targets[t];
        point.role = "model:" + r.targets[t];
        reporting::addRateMark(point, r.perSource[view.source].similarity[t].distance,
                               outcomeRates(countOutcomes(codes), view.of).transferred, true);
        point.labels = {r.targets[t]};
        point.samples.add(r.idsWhere(codes >= static_cast<std::int64_t>(Outcome::Different)));
        f.layers.push_back(std::move(point));
    }
    return f;
}

} // namespace assay::transfer
