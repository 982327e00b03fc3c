#include "plugins/backdoor/audit_results.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

namespace {

std::int64_t hitsOf(const AuditAnswer& answer, std::size_t kappa, std::int64_t queries)
{
    return answer.hits[std::int64_t(kappa)].narrow(0, 0, queries).sum().item<std::int64_t>();
}

double deviationOf(const std::vector<double>& values, double mean)
{
    double squares = 0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    return std::sqrt(squares / double(std::max<std::size_t>(values.size(), 2) - 1));
}

/// The owner's losses are of few models: a deviation below this share of their mean is chance.
constexpr double kLeastDeviation = 1e-6;

} // namespace

const char* auditRoleName(AuditRole role)
{
    return role == AuditRole::Reference  ? "reference"
           : role == AuditRole::Innocent ? "without marks"
                                         : "with marks";
}

std::vector<std::string> AuditResults::methods() const
{
    std::vector<std::string> names;
    for (const AuditAnswer& answer : answers)
        if (std::ranges::find(names, answer.method) == names.end())
            names.push_back(answer.method);
    return names;
}

AuditView auditView(const AuditParams& p, const AuditResults& r)
{
    AuditView view{.kappa = reporting::nearestPosition(r.kappas, p.kappa),
                   .queries = std::min<std::int64_t>(p.queries, r.queries.size(0)),
                   .confidence = p.confidence,
                   .chance = p.beta == "chance",
                   .margin = p.margin};
    std::vector<std::string> names;
    bool found = false;
    for (std::size_t i = 0; i < r.answers.size() && !found; ++i) {
        const AuditNetwork& network = r.networkOf(r.answers[i]);
        names.push_back(network.name);
        found = p.suspect.empty() ? network.role == AuditRole::Marked : network.name == p.suspect;
        if (found)
            view.suspect = i;
    }
    if (!found && !p.suspect.empty())
        throw Error("there is no suspect '" + p.suspect + "'", "suspect",
                    protocol::suggestion(p.suspect, names));
    return view;
}

double betaOf(const AuditResults& r, const AuditView& view, const std::string& method)
{
    if (view.chance)
        return 1.0 / double(r.classes.size());
    std::vector<double> rates;
    const std::int64_t n = r.queries.size(0);
    for (const AuditAnswer& answer : r.answers)
        if (answer.method == method && r.networkOf(answer).role == AuditRole::Reference)
            rates.push_back(double(hitsOf(answer, view.kappa, n)) / double(n));
    return referenceBeta(rates, view.margin, n);
}

AuditDecision decisionOf(const AuditResults& r, const AuditView& view, const AuditAnswer& answer)
{
    return decideAudit(hitsOf(answer, view.kappa, view.queries), view.queries, betaOf(r, view, answer.method),
                       view.confidence);
}

double lossScore(const AuditResults& r, const AuditAnswer& answer)
{
    std::vector<double> losses;
    for (const AuditAnswer& one : r.answers)
        if (one.method == answer.method && r.networkOf(one).role == AuditRole::Reference)
            losses.push_back(one.loss);
    const double mean = metrics::mean(losses);
    return (mean - answer.loss) / std::max(deviationOf(losses, mean), kLeastDeviation * mean);
}

engine::TensorMap auditTensors(const AuditResults& r)
{
    Json meta = {{"classes", r.classes}, {"target", r.target}, {"rates", r.rates},
                 {"kappas", r.kappas},   {"loss", r.loss},     {"psnr", r.psnr}};
    for (const AuditNetwork& n : r.networks)
        meta["networks"].push_back({{"name", n.name},
                                    {"role", int(n.role)},
                                    {"method", n.method},
                                    {"rate", n.rate},
                                    {"seed", n.seed},
                                    {"right", n.accuracy.count},
                                    {"n", n.accuracy.n}});
    std::vector<torch::Tensor> hits;
    for (const AuditAnswer& a : r.answers) {
        meta["answers"].push_back({{"network", a.network}, {"method", a.method}, {"loss", a.loss}});
        hits.push_back(a.hits.to(torch::kUInt8));
    }
    return {{"hits", torch::stack(hits)}, {"queries", r.queries}, {"meta", reporting::jsonTensor(meta)}};
}

AuditResults auditFrom(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    AuditResults r;
    r.queries = stored.at("queries", torch::kInt64, 1);
    const torch::Tensor hits = stored.at("hits", torch::kUInt8, 3);
    stored.meta([&](const Json& meta) {
        meta.at("classes").get_to(r.classes);
        meta.at("target").get_to(r.target);
        meta.at("rates").get_to(r.rates);
        meta.at("kappas").get_to(r.kappas);
        meta.at("loss").get_to(r.loss);
        r.psnr = meta.at("psnr").is_null() ? std::nan("") : meta.at("psnr").get<double>();
        for (const Json& n : meta.at("networks"))
            r.networks.push_back({.name = n.at("name"),
                                  .role = AuditRole(std::clamp(n.at("role").get<int>(), 0, 2)),
                                  .method = n.at("method"),
                                  .rate = n.at("rate"),
                                  .seed = n.at("seed"),
                                  .accuracy = metrics::wilson(n.at("right").get<std::int64_t>(),
                                                              n.at("n").get<std::int64_t>())});
        for (const Json& a : meta.at("answers"))
            r.answers.push_back({.network = a.at("network"), .method = a.at("method"), .loss = a.at("loss")});
    });
    if (hits.size(0) != std::int64_t(r.answers.size()) || hits.size(1) != std::int64_t(r.kappas.size()) ||
        hits.size(2) != r.queries.size(0))
        reporting::StoredResults::refuse("hits");
    for (std::size_t i = 0; i < r.answers.size(); ++i) {
        if (r.answers[i].network >= r.networks.size())
            reporting::StoredResults::refuse("meta");
        r.answers[i].hits = hits[std::int64_t(i)].gt(0);
    }
    return r;
}

} // namespace assay::backdoor
