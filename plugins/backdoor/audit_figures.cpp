#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/statistics.h"
#include "plugins/backdoor/audit_results.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace assay::backdoor {

using namespace reporting;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr double kInPercent = 100;

std::string methodRole(const std::string& method)
{
    return method == "trigger" ? "different" : method == "random" ? "neutral" : "accent";
}

std::string methodText(const std::string& method)
{
    return method == "trigger"  ? "optimised trigger"
           : method == "random" ? "random signs"
                                : "MIB, false labels";
}

double rateAt(const AuditAnswer& answer, std::size_t kappa)
{
    return answer.hits[std::int64_t(kappa)].to(torch::kFloat64).mean().item<double>();
}

std::string betaText(const AuditView& view)
{
    return view.chance ? "1 / classes" : "references: mean + " + shortText(view.margin) + " deviations";
}

/// Mean and deviation over networks, in percent.
void addMean(Layer& line, double x, const std::vector<double>& rates)
{
    if (rates.empty())
        return;
    const double mean = metrics::mean(rates);
    double squares = 0;
    for (const double rate : rates)
        squares += (rate - mean) * (rate - mean);
    const double deviation = rates.size() > 1 ? std::sqrt(squares / double(rates.size() - 1)) : 0;
    line.x.push_back(x);
    line.y.push_back(kInPercent * mean);
    line.low.push_back(kInPercent * (mean - deviation));
    line.high.push_back(kInPercent * (mean + deviation));
}

Layer levelLine(double value, std::string label)
{
    return {
        .kind = LayerKind::Marks, .role = "chance", .y = {kInPercent * value}, .labels = {std::move(label)}};
}

} // namespace

Figure auditRunningFigure(const AuditResults& r, const AuditView& view)
{
    const AuditAnswer& answer = r.answers[view.suspect];
    const AuditNetwork& network = r.networkOf(answer);
    Figure f{.name = "running-asr",
             .title = "The audit while it asks: " + network.name,
             .section = "Audit",
             .rateOf = "queries so far",
             .interval = kWilson};
    const AuditDecision d = decisionOf(r, view, answer);
    f.caption = std::string("Queries with the ") + methodText(answer.method) + " at amplification " +
                shortText(r.kappas[view.kappa]) + ", in the order asked. After " + std::to_string(d.n) +
                (d.rejected ? ": trained on the marked images" : ": no evidence of marks") +
                " (p = " + shortText(d.p) + ", exact " + shortText(d.binomialP) + "). The network " +
                (network.role == AuditRole::Marked ? "did see them." : "did not see them.");
    f.x = {.label = "Queries", .sets = "queries"};
    f.y = {.label = "Taken for " + r.classes[std::size_t(r.target)], .unit = "%", .low = 0};
    Layer line{.kind = LayerKind::Line,
               .name = network.name,
               .role = network.role == AuditRole::Marked ? "different" : "same"};
    const torch::Tensor hits = answer.hits[std::int64_t(view.kappa)].to(torch::kInt64).contiguous();
    const torch::Tensor ids = r.queries.contiguous();
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < hits.numel(); ++i) {
        count += hits.data_ptr<std::int64_t>()[i];
        addRateMark(line, double(i + 1), metrics::wilson(count, i + 1), true);
        line.samples.add({ids.data_ptr<std::int64_t>()[i]});
    }
    f.layers = {std::move(line), levelLine(d.beta, "beta, " + betaText(view))};
    f.layers.push_back(
        {.kind = LayerKind::Marks, .role = "neutral", .x = {double(d.n)}, .labels = {"asked"}});
    f.opens = "queries";
    return f;
}

Figure auditSuspectsFigure(const AuditResults& r, const AuditView& view)
{
    Figure f{.name = "suspects",
             .title = "Every network that was asked",
             .section = "Audit",
             .rateOf = "queries",
             .interval = kWilson};
    f.caption =
        "Queries with the optimised trigger, unless a network was marked otherwise, at amplification " +
        shortText(r.kappas[view.kappa]) + ", the first " + std::to_string(view.queries) + ".";
    f.x = {.label = "Network", .scale = AxisScale::Category, .sets = "suspect"};
    f.y = {.label = "Taken for " + r.classes[std::size_t(r.target)], .unit = "%", .low = 0};
    Layer accused{.kind = LayerKind::Bars, .name = "H0 rejected", .role = "different", .stack = "networks"};
    Layer free{.kind = LayerKind::Bars, .name = "not rejected", .role = "same", .stack = "networks"};
    const std::string first = r.methods().front();
    for (const AuditAnswer& answer : r.answers) {
        const AuditNetwork& network = r.networkOf(answer);
        if (network.role != AuditRole::Marked && answer.method != first)
            continue;
        const AuditDecision d = decisionOf(r, view, answer);
        addRateMark(d.rejected ? accused : free, double(f.x.categories.size()), metrics::wilson(d.hits, d.n),
                    true);
        f.x.categories.push_back(network.name);
    }
    f.layers = {std::move(free), std::move(accused),
                levelLine(betaOf(r, view, first), "beta, " + betaText(view))};
    return f;
}

Figure auditRatesFigure(const AuditResults& r, const AuditView& view)
{
    Figure f{.name = "asr-by-rate",
             .title = "Success over the marked fraction",
             .section = "Power",
             .rateOf = "queries",
             .interval = "standard deviation over networks"};
    f.caption = "At amplification " + shortText(r.kappas[view.kappa]) +
                ", all queries; at 0 the suspects without marks. Beta is that of the first method.";
    f.x = {.label = "Marked fraction of the training set", .unit = "%", .low = 0};
    f.y = {.label = "Taken for " + r.classes[std::size_t(r.target)], .unit = "%", .low = 0};
    for (const std::string& method : r.methods()) {
        std::map<double, std::vector<double>> byRate;
        for (const AuditAnswer& answer : r.answers)
            if (answer.method == method && r.networkOf(answer).role != AuditRole::Reference)
                byRate[r.networkOf(answer).rate].push_back(rateAt(answer, view.kappa));
        Layer line{.kind = LayerKind::Line, .name = methodText(method), .role = methodRole(method)};
        for (const auto& [rate, values] : byRate)
            addMean(line, kInPercent * rate, values);
        f.layers.push_back(std::move(line));
    }
    f.layers.push_back(levelLine(betaOf(r, view, r.methods().front()), "beta, " + betaText(view)));
    return f;
}

Figure auditKappasFigure(const AuditResults& r, const AuditView&)
{
    Figure f{.name = "asr-by-kappa",
             .title = "Success over the amplification of the queries",
             .section = "Power",
             .rateOf = "queries",
             .interval = "standard deviation over networks"};
    f.caption = "All queries, by what the network saw; marked ones at the largest fraction.";
    f.x = {.label = "Amplification", .sets = "kappa"};
    f.y = {.label = "Taken for " + r.classes[std::size_t(r.target)], .unit = "%", .low = 0};
    const std::string method = r.methods().front();
    for (const AuditRole role : {AuditRole::Reference, AuditRole::Innocent, AuditRole::Marked}) {
        Layer line{.kind = LayerKind::Line,
                   .name = auditRoleName(role),
                   .role = role == AuditRole::Marked      ? "different"
                           : role == AuditRole::Reference ? "chance"
                                                          : "same"};
        for (std::size_t k = 0; k < r.kappas.size(); ++k) {
            std::vector<double> rates;
            for (const AuditAnswer& answer : r.answers) {
                const AuditNetwork& network = r.networkOf(answer);
                if (answer.method == method && network.role == role &&
                    (role != AuditRole::Marked || network.rate == r.rates.back()))
                    rates.push_back(rateAt(answer, k));
            }
            addMean(line, r.kappas[k], rates);
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

Figure auditRocFigure(const AuditResults& r, const AuditView& view)
{
    Figure f{.name = "roc",
             .title = "Telling suspects with marks from those without",
             .section = "Power",
             .rateOf = "suspects"};
    f.caption =
        "Over all thresholds, suspects of all fractions together. The loss audit takes how far below "
        "the references' the loss on the published images lies; MIB's and random marks are asked with "
        "their own queries.";
    f.x = {.label = "Innocent suspects accused", .unit = "%", .low = 0, .high = kInPercent};
    f.y = {.label = "Marked suspects found", .unit = "%", .low = 0, .high = kInPercent};
    f.aspect = 1;
    const auto add = [&](const std::string& method, bool byLoss) {
        std::vector<double> marked, innocent;
        for (const AuditAnswer& answer : r.answers) {
            const AuditRole role = r.networkOf(answer).role;
            if (answer.method != method || role == AuditRole::Reference)
                continue;
            const double score = byLoss ? lossScore(r, answer) : rateAt(answer, view.kappa);
            (role == AuditRole::Marked ? marked : innocent).push_back(score);
        }
        if (marked.empty() || innocent.empty())
            return;
        const AuditRoc roc = auditRoc(marked, innocent);
        Layer line{.kind = LayerKind::Line,
                   .name = (byLoss ? "loss audit" : methodText(method)) + ", area " + shortText(roc.area),
                   .role = byLoss ? "same" : methodRole(method)};
        for (std::size_t i = 0; i < roc.falseRate.size(); ++i) {
            line.x.push_back(kInPercent * roc.falseRate[i]);
            line.y.push_back(kInPercent * roc.trueRate[i]);
        }
        f.layers.push_back(std::move(line));
    };
    for (const std::string& method : r.methods())
        add(method, false);
    add(r.methods().front(), true);
    f.layers.push_back({.kind = LayerKind::Line,
                        .name = "chance",
                        .role = "chance",
                        .x = {0, kInPercent},
                        .y = {0, kInPercent}});
    return f;
}

Figure auditSearchFigure(const AuditResults& r)
{
    Figure f{
        .name = "trigger-search", .title = "The owner's trigger while it is optimised", .section = "Owner"};
    f.caption = "Loss of each step on the shadow model, before it is made.";
    f.x = {.label = "Step"};
    f.y = {.label = "Loss"};
    Layer line{.kind = LayerKind::Line, .name = "loss", .role = "accent"};
    for (std::size_t i = 0; i < r.loss.size(); ++i) {
        line.x.push_back(double(i));
        line.y.push_back(r.loss[i]);
    }
    f.layers = {std::move(line)};
    return f;
}

} // namespace assay::backdoor
