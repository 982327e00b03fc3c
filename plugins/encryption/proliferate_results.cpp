#include "plugins/encryption/proliferate_results.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::encryption {

namespace {

using reporting::percentText;

const FleetMember* fleetMethod(const FleetResults& r, const std::string& name)
{
    const auto found = std::ranges::find(r.methods, name, &FleetMember::name);
    return found == r.methods.end() ? nullptr : &*found;
}

} // namespace

double FleetResults::meanDiagonal() const
{
    double sum = 0;
    for (std::size_t i = 0; i < devices.size(); ++i)
        sum += between(i, i).value;
    return sum / static_cast<double>(devices.size());
}

double FleetResults::meanOffDiagonal() const
{
    double sum = 0;
    const std::size_t d = devices.size();
    for (std::size_t from = 0; from < d; ++from)
        for (std::size_t to = 0; to < d; ++to)
            sum += from == to ? 0 : between(from, to).value;
    return sum / static_cast<double>(d * (d - 1));
}

double FleetResults::broken(std::size_t from) const
{
    std::size_t count = 0;
    for (std::size_t to = 0; to < devices.size(); ++to)
        count += between(from, to).value < rate(devices[to].clean).value / 2;
    return static_cast<double>(count) / static_cast<double>(devices.size());
}

metrics::Rate FleetResults::stolenRate(const FleetStolen& many) const
{
    return keyedRate(many.classes == y.repeat({many.classes.size(0) / size()}));
}

std::vector<KeyedClaim> fleetClaims(const FleetResults& r)
{
    std::vector<KeyedClaim> claims;
    const auto clean = [&](const FleetMember& m) { return r.rate(m.clean).value; };
    const FleetMember* lora = nullptr;
    for (const FleetMember& m : r.methods)
        if (m.name.starts_with("lora") && (!lora || m.trained > lora->trained))
            lora = &m;
    const FleetMember* embedding = fleetMethod(r, "embedding-head");
    const FleetMember* full = fleetMethod(r, "full");
    const FleetMember* scratch = fleetMethod(r, "scratch");
    const FleetMember* head = fleetMethod(r, "head");
    for (const FleetMember* m : {lora, embedding}) {
        if (!m)
            continue;
        if (full)
            claims.push_back({m->title + " is within 3 points of full fine-tuning",
                              percentText(clean(*m)) + " against " + percentText(clean(*full)),
                              clean(*m) >= clean(*full) - 0.03});
        if (scratch)
            claims.push_back({m->title + " is at most 1 point below training from scratch",
                              percentText(clean(*m)) + " against " + percentText(clean(*scratch)),
                              clean(*m) >= clean(*scratch) - 0.01});
    }
    if (lora && head)
        claims.push_back({"The head alone is at least 4 points below " + lora->title,
                          percentText(clean(*head)) + " against " + percentText(clean(*lora)),
                          clean(*head) <= clean(*lora) - 0.04});
    std::vector<const FleetMember*> ranks;
    for (const FleetMember& m : r.methods)
        if (m.name.starts_with("lora"))
            ranks.push_back(&m);
    std::ranges::sort(ranks, {}, &FleetMember::trained);
    if (ranks.size() > 1) {
        KeyedClaim rising{"Accuracy does not fall as the rank grows (by more than 1 point)", "", true};
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            rising.found += (i > 0 ? "; " : "") + ranks[i]->title + " " + percentText(clean(*ranks[i]));
            rising.holds = rising.holds && (i == 0 || clean(*ranks[i]) >= clean(*ranks[i - 1]) - 0.01);
        }
        claims.push_back(std::move(rising));
    }
    const FleetMember& first = r.devices.front();
    const double delta = static_cast<double>(first.bytes) / static_cast<double>(r.baseBytes);
    claims.push_back({"A device's delta takes at most 35 % of the base (5 % of bases of 5 million weights)",
                      percentText(delta), delta <= (r.baseBytes >= 20'000'000 ? 0.05 : 0.35)});
    double rebuilt = 0;
    for (const FleetMember& d : r.devices)
        rebuilt = std::max(rebuilt, d.rebuilt);
    claims.push_back({"The base and the stored delta give the device's logits back (to 1e-5)",
                      "largest difference " + reporting::shortText(rebuilt), rebuilt <= 1e-5});
    if (r.devices.size() > 1)
        claims.push_back({"Examples of one device leave another at least 25 points more than itself",
                          percentText(r.meanOffDiagonal()) + " against " + percentText(r.meanDiagonal()),
                          r.meanOffDiagonal() >= r.meanDiagonal() + 0.25});
    if (r.stolen.size() > 1) {
        KeyedClaim falling{"The more devices are stolen, the less is left of another", "", true};
        for (std::size_t i = 0; i < r.stolen.size(); ++i)
            falling.found += (i > 0 ? "; " : "") + std::to_string(r.stolen[i].count) +
                             " stolen: " + percentText(r.stolenRate(r.stolen[i]).value);
        falling.holds = r.stolenRate(r.stolen.back()).value < r.stolenRate(r.stolen.front()).value;
        claims.push_back(std::move(falling));
    }
    if (r.permutedDevices > 0) {
        const metrics::Rate one = r.rate(r.permutedTransfer[0][0]), other = r.rate(r.permutedTransfer[0][1]);
        claims.push_back({"A key-permuted first layer answers as the base does, and its devices share every "
                          "adversarial example (within 2 points)",
                          "largest difference of logits " + reporting::shortText(r.permutedGap) +
                              "; made on one: itself " + percentText(one.value) + ", the other " +
                              percentText(other.value),
                          r.permutedGap <= 1e-3 &&
                              r.rate(r.permutedClean[0]).count == r.rate(r.baseClean).count &&
                              std::abs(one.value - other.value) <= 0.02});
    }
    KeyedClaim wrong{"With a wrong key, every device is at least 10 points lower", "", true};
    for (const FleetMember& d : r.devices) {
        wrong.found += (wrong.found.empty() ? "" : "; ") + d.name + " " + percentText(clean(d)) +
                       " against " + percentText(r.rate(d.wrongKey).value);
        wrong.holds = wrong.holds && r.rate(d.wrongKey).value <= clean(d) - 0.10;
    }
    claims.push_back(std::move(wrong));
    if (r.revoked) {
        const double old = r.rate(r.oldOnNew).value;
        claims.push_back(
            {"Examples of a stolen device leave its successor at least 25 points more than itself",
             percentText(old) + " against " + percentText(r.between(0, 0).value),
             old >= r.between(0, 0).value + 0.25});
    }
    return claims;
}

engine::TensorMap toTensors(const FleetResults& r)
{
    std::vector<torch::Tensor> clean, fromBase;
    Json names = Json::array();
    for (const FleetMember& d : r.devices) {
        names.push_back(d.name);
        clean.push_back(d.clean);
        fromBase.push_back(d.fromBase);
    }
    return {{"ids", r.ids},
            {"y", r.y},
            {"clean", torch::stack(clean)},
            {"from_base", torch::stack(fromBase)},
            {"base_clean", r.baseClean},
            {"transfer", r.transfer},
            {"meta", reporting::jsonTensor({{"model", r.model},
                                            {"attack", r.attack},
                                            {"cipher", r.cipher},
                                            {"method", r.method},
                                            {"classes", r.classes},
                                            {"eps", r.eps},
                                            {"devices", names}})}};
}

FleetResults fleetResultsFrom(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    FleetResults r;
    stored.meta([&](const Json& meta) {
        r.model = meta.at("model").get<std::string>();
        r.attack = meta.at("attack").get<std::string>();
        r.cipher = meta.at("cipher").get<std::string>();
        r.method = meta.at("method").get<std::string>();
        r.classes = meta.at("classes").get<std::vector<std::string>>();
        r.eps = meta.at("eps").get<double>();
        for (const Json& name : meta.at("devices"))
            r.devices.push_back({.name = name.get<std::string>()});
    });
    r.ids = stored.at("ids", torch::kInt64, 1);
    r.y = stored.at("y", torch::kInt64, 1);
    r.baseClean = stored.at("base_clean", torch::kInt64, 1);
    r.transfer = stored.at("transfer", torch::kInt64, 3);
    const torch::Tensor clean = stored.at("clean", torch::kInt64, 2);
    const torch::Tensor fromBase = stored.at("from_base", torch::kInt64, 2);
    const auto d = static_cast<std::int64_t>(r.devices.size());
    if (clean.sizes() != at::IntArrayRef({d, r.size()}) || fromBase.sizes() != clean.sizes() ||
        r.transfer.sizes() != at::IntArrayRef({d, d, r.size()}) || r.y.size(0) != r.size())
        reporting::StoredResults::refuse("transfer");
    for (std::int64_t i = 0; i < d; ++i) {
        r.devices[static_cast<std::size_t>(i)].clean = clean[i];
        r.devices[static_cast<std::size_t>(i)].fromBase = fromBase[i];
    }
    return r;
}

} // namespace assay::encryption
