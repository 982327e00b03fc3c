#include "plugins/transfer/class_aware_view.h"

#include "backend/engine/reporting/study_inputs.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace assay::transfer {

std::size_t viewedSource(const ClassAwareResults& results, const ClassAwareParams& p)
{
    const auto source = std::ranges::find(results.sources, reporting::shownName(p.viewSource));
    return source == results.sources.end() ? 0 : static_cast<std::size_t>(source - results.sources.begin());
}

View viewOf(const ClassAwareResults& results, const ClassAwareParams& p)
{
    View view{.source = viewedSource(results, p), .of = denominator(p)};
    const std::vector<std::size_t> targets = results.bySimilarity(view.source);
    if (!targets.empty())
        view.target = targets.front();
    for (const std::size_t t : targets)
        if (results.targets[t] == reporting::shownName(p.viewTarget))
            view.target = t;
    const auto away = [&](std::size_t e) { return std::abs(results.eps[e] - p.viewEps); };
    for (std::size_t e = 1; e < results.perSource[view.source].eps.size(); ++e)
        if (away(e) < away(view.eps))
            view.eps = e;
    return view;
}

std::int64_t mappedImage(const ClassAwareResults& results, const View& view, const ClassAwareParams& p)
{
    const auto first = [](const torch::Tensor& mask) -> std::optional<std::int64_t> {
        const torch::Tensor at = mask.nonzero().flatten();
        return at.numel() > 0 ? std::optional(at[0].item<std::int64_t>()) : std::nullopt;
    };
    if (const auto asked = first(results.ids == static_cast<std::int64_t>(p.viewImage)))
        return *asked;
    const torch::Tensor outcomes = results.outcomes(view.source, view.target, view.eps);
    for (const Outcome wanted : {Outcome::Different, Outcome::Same}) {
        if (const auto found = first(outcomes == static_cast<std::int64_t>(wanted)))
            return *found;
    }
    return 0;
}

std::string rateOf(const ClassAwareResults& results, const View& view)
{
    if (view.of == Denominator::Attacked)
        return "attacked test images (classified correctly by all models)";
    return "adversarial images that fool the source " + results.sources[view.source];
}

} // namespace assay::transfer
