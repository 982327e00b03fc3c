#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/statistics.h"
#include "plugins/backdoor/audit_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace assay::backdoor {

using namespace reporting;
using protocol::Metric;
using protocol::Table;

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// What the suspects of one method and fraction gave together.
struct AuditGroup
{
    std::string method;
    double rate = 0;
    std::vector<double> asr, accuracy;
    std::int64_t detected = 0, binomial = 0, loss = 0;

    std::int64_t models() const { return std::int64_t(asr.size()); }
    double deviation() const
    {
        const double mean = metrics::mean(asr);
        double squares = 0;
        for (const double value : asr)
            squares += (value - mean) * (value - mean);
        return asr.size() > 1 ? std::sqrt(squares / double(asr.size() - 1)) : kNothing;
    }
};

std::vector<AuditGroup> groupsOf(const AuditResults& r, const AuditView& view)
{
    std::vector<AuditGroup> groups;
    for (const AuditAnswer& answer : r.answers) {
        const AuditNetwork& network = r.networkOf(answer);
        if (network.role == AuditRole::Reference)
            continue;
        auto group = std::ranges::find_if(
            groups, [&](const AuditGroup& g) { return g.method == answer.method && g.rate == network.rate; });
        if (group == groups.end())
            group = groups.insert(groups.end(), {.method = answer.method, .rate = network.rate});
        const AuditDecision d = decisionOf(r, view, answer);
        group->asr.push_back(d.rate);
        group->accuracy.push_back(network.accuracy.value);
        group->detected += d.rejected ? 1 : 0;
        group->binomial += d.binomialRejected ? 1 : 0;
        group->loss += lossScore(r, answer) > view.margin ? 1 : 0;
    }
    std::ranges::stable_sort(groups, [](const AuditGroup& a, const AuditGroup& b) {
        return std::tie(a.method, a.rate) < std::tie(b.method, b.rate);
    });
    return groups;
}

} // namespace

Table auditTable(const AuditResults& r, const AuditView& view)
{
    Table t{.name = "audit", .title = "Suspects and verdicts", .section = "Audit"};
    t.caption =
        "n queries of the method at amplification " + shortText(r.kappas[view.kappa]) +
        "; asr with its Wilson 95 % interval; t, its quantile and p of the t test, fewest the fewest "
        "queries at which it rejects at this very rate; binomial_p of the exact test; loss_score: how "
        "many deviations the loss on the published images lies below the references' mean.";
    t.columns = {textColumn("network", "Network"),
                 textColumn("role", "Role"),
                 textColumn("method", "Queries"),
                 numberColumn("rate", "Marked", 4),
                 numberColumn("seed", "Seed", 0),
                 numberColumn("n", "Queries", 0),
                 numberColumn("asr", "ASR", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3),
                 numberColumn("beta", "Beta", 3),
                 numberColumn("t", "t", 2),
                 numberColumn("t_quantile", "Quantile", 2),
                 numberColumn("p", "p", 4),
                 textColumn("verdict", "Verdict"),
                 numberColumn("fewest", "Fewest queries", 0),
                 numberColumn("binomial_p", "p, exact", 4),
                 textColumn("binomial_verdict", "Verdict, exact"),
                 numberColumn("loss_score", "Loss score", 2),
                 numberColumn("accuracy", "Accuracy", 3)};
    for (const AuditAnswer& answer : r.answers) {
        const AuditNetwork& network = r.networkOf(answer);
        const AuditDecision d = decisionOf(r, view, answer);
        const auto word = [](bool rejected) { return std::string(rejected ? "member" : "no evidence"); };
        TableRow(t) << network.name << std::string(auditRoleName(network.role)) << answer.method
                    << network.rate << double(network.seed) << double(d.n) << metrics::wilson(d.hits, d.n)
                    << d.beta << d.statistic << d.quantile << d.p << word(d.rejected)
                    << (d.fewest ? double(*d.fewest) : kNothing) << d.binomialP << word(d.binomialRejected)
                    << lossScore(r, answer) << network.accuracy.value;
    }
    return t;
}

Table detectionTable(const AuditResults& r, const AuditView& view)
{
    Table t{.name = "detection", .title = "Suspects found", .section = "Power"};
    t.caption =
        "Of the suspects of a method and marked fraction: mean and deviation of their rates, and the share "
        "for which H0 is rejected, with its Wilson 95 % interval; at a fraction of 0 those are false "
        "alarms.";
    t.columns = {textColumn("method", "Marks"),
                 numberColumn("rate", "Marked", 4),
                 numberColumn("models", "Suspects", 0),
                 numberColumn("asr", "ASR", 3),
                 numberColumn("asr_deviation", "Deviation", 3),
                 numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("detected", "Found", 2),
                 numberColumn("low", "low", 2),
                 numberColumn("high", "high", 2),
                 numberColumn("binomial_detected", "Found, exact test", 2),
                 numberColumn("loss_detected", "Found by the loss", 2)};
    for (const AuditGroup& g : groupsOf(r, view))
        TableRow(t) << g.method << g.rate << double(g.models()) << metrics::mean(g.asr) << g.deviation()
                    << metrics::mean(g.accuracy) << metrics::wilson(g.detected, g.models())
                    << double(g.binomial) / double(g.models()) << double(g.loss) / double(g.models());
    return t;
}

std::vector<Metric> auditMetrics(const AuditResults& r, const AuditView& view)
{
    std::vector<Metric> all = {{.name = "psnr", .value = r.psnr, .unit = "dB"}};
    for (const std::string& method : r.methods())
        all.push_back({.name = "beta." + method, .value = betaOf(r, view, method)});
    for (const AuditGroup& g : groupsOf(r, view)) {
        const std::string name = g.method + "." + (g.rate > 0 ? shortText(g.rate) : "none");
        all.push_back({.name = "asr." + name, .value = metrics::mean(g.asr)});
        all.push_back({.name = "accuracy." + name, .value = metrics::mean(g.accuracy)});
        all.push_back(rateNumber("detected." + name, metrics::wilson(g.detected, g.models()), "suspects"));
    }
    return all;
}

} // namespace assay::backdoor
