#include "plugins/attacks/masking_checks.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/mcnemar.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::robustness {

namespace {

constexpr double kSignificant = 0.025;
constexpr double kMayHoldOut = 0.05;

std::int64_t countOf(const torch::Tensor& mask)
{
    return mask.sum().item<std::int64_t>();
}

} // namespace

MaskingCheck compareAttacks(std::string model, std::string check, std::string first, std::string second,
                            const torch::Tensor& holdsAgainstFirst, const torch::Tensor& holdsAgainstSecond)
{
    MaskingCheck c{.model = std::move(model),
                   .check = std::move(check),
                   .first = std::move(first),
                   .second = std::move(second)};
    c.n = holdsAgainstFirst.size(0);
    c.firstOnly = countOf(holdsAgainstSecond.logical_and(holdsAgainstFirst.logical_not()));
    c.secondOnly = countOf(holdsAgainstFirst.logical_and(holdsAgainstSecond.logical_not()));
    c.warning = c.firstOnly > c.secondOnly &&
                metrics::fairTail(c.firstOnly, c.firstOnly + c.secondOnly) < kSignificant;
    c.sentence = "Of " + std::to_string(c.n) + " images, " + std::to_string(c.firstOnly) +
                 " are misclassified only under " + c.first + " and " + std::to_string(c.secondOnly) +
                 " only under " + c.second + ".";
    return c;
}

MaskingCheck checkUnbounded(std::string model, std::string attack, const torch::Tensor& holds)
{
    const metrics::Rate left = metrics::wilson(countOf(holds), holds.size(0));
    MaskingCheck c{.model = std::move(model),
                   .check = "unbounded",
                   .first = "",
                   .second = std::move(attack),
                   .n = left.n,
                   .warning = left.n > 0 && left.low > kMayHoldOut};
    c.sentence = std::to_string(left.count) + " of " + std::to_string(left.n) +
                 " images are still classified correctly under " + c.second +
                 " without a bound; nearly none should be.";
    return c;
}

std::vector<MaskingCheck> checkMonotone(const RobustnessResults& r)
{
    std::vector<MaskingCheck> all;
    const auto consider = [&](MaskingCheck found) {
        if (found.warning || found.firstOnly > found.secondOnly)
            all.push_back(std::move(found));
    };
    for (std::size_t m = 0; m < r.models.size(); ++m) {
        for (std::size_t a = 0; a < r.attacks.size(); ++a) {
            const std::vector<Point>& curve = r.byEps[m][a];
            for (std::size_t e = 1; e < curve.size(); ++e)
                if (curve[e].n() == curve[e - 1].n() && curve[e].n() > 0) {
                    const std::string name = reporting::attackTitle(r.attacks[a]) + ", ε = ";
                    consider(compareAttacks(r.models[m], "eps", name + reporting::shortText(r.eps[e - 1]),
                                            name + reporting::shortText(r.eps[e]), curve[e - 1].robust,
                                            curve[e].robust));
                }
        }
        const std::vector<Point>& curve = r.bySteps[m];
        for (std::size_t k = 1; k < curve.size(); ++k)
            if (curve[k].n() == curve[k - 1].n() && curve[k].n() > 0) {
                const std::string name = reporting::attackTitle(r.stepsAttack) + ", steps: ";
                consider(compareAttacks(r.models[m], "steps", name + std::to_string(r.steps[k - 1]),
                                        name + std::to_string(r.steps[k]), curve[k - 1].robust,
                                        curve[k].robust));
            }
    }
    return all;
}

} // namespace assay::robustness
