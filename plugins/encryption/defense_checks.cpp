#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/mcnemar.h"
#include "plugins/encryption/defense_run.h"

#include <torch/types.h>

namespace assay::encryption {

namespace {

constexpr double kMaskingSignificance = 0.025;

/// @param weaker,stronger bool [n]: whether an image holds against the attack that is weaker or stronger by
/// rights.
DefenseCheck maskingCheck(std::string check, const std::string& weakerName, const std::string& strongerName,
                          const torch::Tensor& weaker, const torch::Tensor& stronger)
{
    const metrics::PairedRates pair = metrics::mcnemar(weaker, stronger);
    DefenseCheck c{.check = std::move(check),
                   .n = pair.n,
                   .weakerOnly = pair.secondOnly, // holds against the stronger alone: broken by the weaker
                   .strongerOnly = pair.firstOnly};
    c.warning = c.weakerOnly > c.strongerOnly &&
                metrics::fairTail(c.weakerOnly, c.weakerOnly + c.strongerOnly) < kMaskingSignificance;
    c.finding = std::to_string(c.weakerOnly) + " images are broken only under " + weakerName + ", " +
                std::to_string(c.strongerOnly) + " only under " + strongerName;
    return c;
}

} // namespace

void DefenseRun::checkMasking()
{
    DefenseResults& r = m_results;
    const auto right = [&](const char* threat, std::size_t e, const char* victim) {
        return r.right(r.attacked[r.threat(threat)][e], r.victim(victim));
    };
    for (std::size_t e = 1; e < r.eps.size(); ++e)
        r.checks.push_back(
            maskingCheck("larger ε", "ε = " + reporting::shortText(r.eps[e - 1]) + " (A5 on keyed-1)",
                         "ε = " + reporting::shortText(r.eps[e]), right("A5-right-key", e - 1, "keyed-1"),
                         right("A5-right-key", e, "keyed-1")));
    const std::size_t last = r.eps.size() - 1;
    r.checks.push_back(maskingCheck("with the key", "A1, without it (on keyed-1)", "A5, with it",
                                    right("A1-no-key", last, "keyed-1"),
                                    right("A5-right-key", last, "keyed-1")));
    if (r.members > 1)
        r.checks.push_back(maskingCheck("all members", "A5, one member known (on the random model)",
                                        "A6, all known", right("A5-right-key", last, "random"),
                                        right("A6-all-members", last, "random")));
    if (r.squareImages == 0)
        return;
    const torch::Tensor y = r.y.narrow(0, 0, r.squareImages);
    r.checks.push_back(maskingCheck("without gradients", "Square (on keyed-1)", "A5", r.square[0] == y,
                                    right("A5-right-key", last, "keyed-1").narrow(0, 0, r.squareImages)));
    if (r.members > 1)
        r.checks.push_back(
            maskingCheck("without gradients, random", "Square (on the random model)", "A6", r.square[1] == y,
                         right("A6-all-members", last, "random").narrow(0, 0, r.squareImages)));
}

} // namespace assay::encryption
