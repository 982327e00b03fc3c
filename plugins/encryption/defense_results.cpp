#include "plugins/encryption/defense_results.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr double kJudgedEps = 16. / 255;

std::string defenseKeyOf(const char* what, std::size_t threat, std::size_t eps)
{
    return std::string(what) + "." + std::to_string(threat) + "." + std::to_string(eps);
}

/// "42.0 % (34.1 to 50.3)".
std::string defenseInterval(const metrics::Rate& rate)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.1f %% (%.1f to %.1f)", 100 * rate.value, 100 * rate.low,
                  100 * rate.high);
    return text;
}

} // namespace

std::vector<DefenseVictim> DefenseResults::victims() const
{
    using Kind = DefenseVictim::Kind;
    const std::string of = " of " + std::to_string(members);
    std::vector<DefenseVictim> all;
    const auto network = [&](std::size_t i, std::string title) {
        all.push_back({.name = networks[i], .title = std::move(title), .network = i});
    };
    network(0, "Plain " + model);
    for (std::size_t i = 1; i <= members; ++i)
        network(i, "Key " + std::to_string(i));
    if (members > 1) {
        all.push_back({.name = "random", .title = "Random" + of, .kind = Kind::Random});
        all.push_back({.name = "average", .title = "Average" + of, .kind = Kind::Average});
        all.push_back({.name = "any", .title = "Worst" + of, .kind = Kind::Any});
    }
    for (std::size_t i = members + 1; i < networks.size(); ++i)
        network(i, networks[i] == "full"      ? "Keyed, whole network"
                   : networks[i] == "scratch" ? "Keyed from scratch"
                                              : "Adversarial training");
    return all;
}

torch::Tensor DefenseResults::right(const DefenseAnswers& answers, const DefenseVictim& victim,
                                    std::int64_t pass) const
{
    const torch::Tensor ofMembers = answers.asked.narrow(0, 1, static_cast<std::int64_t>(members)) == y;
    switch (victim.kind) {
    case DefenseVictim::Kind::Random:
        return ofMembers.gather(0, draws.narrow(0, pass, 1)).squeeze(0);
    case DefenseVictim::Kind::Average:
        return answers.average == y;
    case DefenseVictim::Kind::Any:
        return ofMembers.all(0);
    case DefenseVictim::Kind::Network:
        break;
    }
    return answers.asked[static_cast<std::int64_t>(victim.network)] == y;
}

metrics::Rate DefenseResults::accuracy(const DefenseAnswers& answers, const DefenseVictim& victim) const
{
    return keyedRate(right(answers, victim));
}

DefenseVictim DefenseResults::victim(const std::string& name) const
{
    std::string known;
    for (const DefenseVictim& victim : victims()) {
        if (victim.name == name)
            return victim;
        known += (known.empty() ? "" : ", ") + victim.name;
    }
    throw Error("there is no model '" + name + "' in this run", "view_victim", "There are " + known + ".");
}

std::size_t DefenseResults::threat(const std::string& id, std::size_t otherwise) const
{
    const auto found = std::ranges::find(threats, id, &DefenseThreat::id);
    return found == threats.end() ? otherwise : static_cast<std::size_t>(found - threats.begin());
}

bool DefenseResults::has(const std::string& id) const
{
    return threat(id, threats.size()) < attacked.size();
}

DefenseView defenseViewOf(const DefenseResults& r, const DefenseParams& params)
{
    DefenseView view;
    const auto victims = r.victims();
    view.victim = victims.size() > 1 ? victims[1] : victims[0];
    for (const DefenseVictim& victim : victims)
        if (victim.name == params.viewVictim)
            view.victim = victim;
    view.threat = std::min(r.threat(params.viewThreat), r.attacked.empty() ? 0 : r.attacked.size() - 1);
    view.eps = reporting::nearestPosition(r.eps, params.viewEps);
    return view;
}

std::vector<KeyedClaim> defenseClaims(const DefenseResults& r)
{
    const std::size_t e = reporting::nearestPosition(r.eps, kJudgedEps);
    const auto under = [&](const char* threat, const char* victim) {
        return r.accuracy(r.attacked.at(r.threat(threat)).at(e), r.victim(victim));
    };
    const metrics::Rate plainClean = r.accuracy(r.clean, r.victim("plain"));
    const metrics::Rate plain = under("A0-transfer", "plain");
    std::vector<KeyedClaim> claims;

    KeyedClaim clean{.claim = "(1) With the key, each member's clean accuracy is at most 4 points below the "
                              "plain network's",
                     .found = "plain " + defenseInterval(plainClean),
                     .holds = true};
    KeyedClaim wrong{.claim =
                         "(6) With a wrong key, clean accuracy is at least 10 points lower than with the "
                         "right one",
                     .holds = true};
    for (std::size_t i = 0; i < r.members; ++i) {
        const metrics::Rate right = r.accuracy(r.clean, r.victim(r.networks[i + 1]));
        const metrics::Rate wrongKey = keyedRate(r.wrongKey[static_cast<std::int64_t>(i)] == r.y);
        clean.found += "; " + r.networks[i + 1] + " " + defenseInterval(right);
        clean.holds = clean.holds && right.value >= plainClean.value - 0.04;
        wrong.found += (i > 0 ? "; " : "") + r.networks[i + 1] + " " + reporting::percentText(right.value) +
                       " against " + defenseInterval(wrongKey);
        wrong.holds = wrong.holds && wrongKey.value <= right.value - 0.10;
    }
    claims.push_back(std::move(clean));
    claims.push_back({"(2) The plain network attacked with its own gradient keeps at most 15 %",
                      defenseInterval(plain), plain.value <= 0.15});

    KeyedClaim blind{.claim =
                         "(3) Without the key (A0 to A3), the first member keeps at least 30 points more "
                         "than the plain network does",
                     .found = "plain " + reporting::percentText(plain.value),
                     .holds = true};
    for (const char* threat : {"A0-transfer", "A1-no-key", "A2-wrong-key", "A3-guessed-keys"}) {
        const metrics::Rate rate = under(threat, "keyed-1");
        blind.found += std::string("; ") + std::string(threat).substr(0, 2) + " " + defenseInterval(rate);
        blind.holds = blind.holds && rate.value >= plain.value + 0.30;
    }
    claims.push_back(std::move(blind));

    const metrics::Rate own = under("A5-right-key", "keyed-1");
    claims.push_back({"(4) With the key (A5), the first member is left within 5 points of the plain network",
                      defenseInterval(own) + " against " + defenseInterval(plain),
                      own.value <= plain.value + 0.05});
    if (r.members > 1) {
        const metrics::Rate one = under("A5-right-key", "random"), all = under("A6-all-members", "random");
        claims.push_back({"(5) Whoever has one member only (A5) leaves the random model at least 20 points "
                          "more than that member, and whoever has all (A6) breaks it further",
                          "random under A5 " + defenseInterval(one) + "; under A6 " + defenseInterval(all) +
                              "; keyed-1 under A5 " + reporting::percentText(own.value),
                          one.value >= own.value + 0.20 && all.value < one.value});
    }
    claims.push_back(std::move(wrong));
    const DefenseKey& key = r.keys.front();
    claims.push_back(
        {"(7) A key trains less than 5 % of the network's weights (asked of large networks)",
         std::to_string(key.trained) + " of " + std::to_string(key.total) + ", " +
             reporting::percentText(static_cast<double>(key.trained) / static_cast<double>(key.total)),
         20 * key.trained < key.total});
    return claims;
}

engine::TensorMap toTensors(const DefenseResults& r)
{
    engine::TensorMap map = {
        {"ids", r.ids},        {"y", r.y},        {"clean", r.clean.asked}, {"average", r.clean.average},
        {"wrong", r.wrongKey}, {"none", r.noKey}, {"draws", r.draws}};
    if (r.cross.defined())
        map["cross"] = r.cross;
    for (std::size_t t = 0; t < r.attacked.size(); ++t)
        for (std::size_t e = 0; e < r.eps.size(); ++e) {
            map[defenseKeyOf("asked", t, e)] = r.attacked[t][e].asked;
            map[defenseKeyOf("average", t, e)] = r.attacked[t][e].average;
        }
    Json threats = Json::array();
    for (const DefenseThreat& t : r.threats)
        threats.push_back({t.id, t.title, t.knows});
    map["meta"] = reporting::jsonTensor({{"model", r.model},
                                         {"attack", r.attack},
                                         {"cipher", r.cipher},
                                         {"classes", r.classes},
                                         {"eps", r.eps},
                                         {"members", r.members},
                                         {"networks", r.networks},
                                         {"threats", threats}});
    return map;
}

DefenseResults defenseResultsFrom(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    DefenseResults r;
    stored.meta([&](const Json& meta) {
        r.model = meta.at("model").get<std::string>();
        r.attack = meta.at("attack").get<std::string>();
        r.cipher = meta.at("cipher").get<std::string>();
        r.classes = meta.at("classes").get<std::vector<std::string>>();
        r.eps = meta.at("eps").get<std::vector<double>>();
        r.members = meta.at("members").get<std::size_t>();
        r.networks = meta.at("networks").get<std::vector<std::string>>();
        for (const Json& t : meta.at("threats"))
            r.threats.push_back(
                {t.at(0).get<std::string>(), t.at(1).get<std::string>(), t.at(2).get<std::string>()});
    });
    r.ids = stored.at("ids", torch::kInt64, 1);
    r.y = stored.at("y", torch::kInt64, 1);
    r.clean = {stored.at("clean", torch::kInt64, 2), stored.at("average", torch::kInt64, 1)};
    r.wrongKey = stored.at("wrong", torch::kInt64, 2);
    r.noKey = stored.at("none", torch::kInt64, 2);
    r.draws = stored.at("draws", torch::kInt64, 2);
    if (r.clean.asked.size(0) != static_cast<std::int64_t>(r.networks.size()) ||
        r.networks.size() < r.members + 1 || r.clean.asked.size(1) != r.size() || r.y.size(0) != r.size())
        reporting::StoredResults::refuse("clean");
    for (std::size_t t = 0; t < r.threats.size(); ++t) {
        auto& row = r.attacked.emplace_back();
        for (std::size_t e = 0; e < r.eps.size(); ++e) {
            row.push_back({stored.at(defenseKeyOf("asked", t, e), torch::kInt64, 2),
                           stored.at(defenseKeyOf("average", t, e), torch::kInt64, 1)});
            if (row.back().asked.sizes() != r.clean.asked.sizes())
                reporting::StoredResults::refuse(defenseKeyOf("asked", t, e));
        }
    }
    return r;
}

} // namespace assay::encryption
