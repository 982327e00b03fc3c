#include "plugins/encryption/recon_results.h"

#include "backend/engine/reporting/stored_results.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

struct ReconAttackNames
{
    const char* id;
    const char* title;
    const char* role;
};
constexpr std::array<ReconAttackNames, kReconAttacks> kReconNames = {{
    {"mean", "mean image", "neutral"},
    {"shuffled", "another's image", "empty"},
    {"unguided", "unguided", "unfooled"},
    {"plain-linear", "plain, linear", "chance"},
    {"plain-generator", "plain, generator", "ink"},
    {"fr", "FR", ""},
    {"itn", "ITN", ""},
    {"linear-raw", "linear, raw pixels", ""},
    {"linear-keyless", "linear, no key", ""},
    {"encoder", "encoder", ""},
    {"best-of", "best of many", ""},
    {"guided", "guided", ""},
    {"diffusion", "diffusion", ""},
    {"linear-same-key", "linear, same key", ""},
}};

const ReconAttackNames& namesOf(ReconAttack attack)
{
    return kReconNames[static_cast<std::size_t>(attack)];
}

torch::Tensor firstRows(const torch::Tensor& images)
{
    return images.narrow(0, 0, std::min(images.size(0), kReconShown)).contiguous();
}

void storeOutcome(engine::TensorMap& map, const std::string& prefix, const ReconOutcome& outcome)
{
    const ReconScores& s = outcome.scores;
    map[prefix + ".images"] = firstRows(outcome.images);
    map[prefix + ".numbers"] = torch::stack({s.mse, s.ssim, s.psnr, s.embedding, s.rank});
    map[prefix + ".read"] = s.read;
}

ReconOutcome readOutcome(const reporting::StoredResults& stored, const std::string& prefix, const Json& meta)
{
    ReconOutcome outcome;
    outcome.attack = static_cast<ReconAttack>(meta.at("attack").get<std::size_t>());
    outcome.note = meta.at("note").get<std::string>();
    outcome.images = stored.at(prefix + ".images", torch::kUInt8, 4);
    const torch::Tensor numbers = stored.at(prefix + ".numbers", torch::kFloat64, 2);
    outcome.scores = {.mse = numbers[0],
                      .ssim = numbers[1],
                      .psnr = numbers[2],
                      .embedding = numbers[3],
                      .rank = numbers[4],
                      .read = stored.at(prefix + ".read", torch::kInt64, 2)};
    return outcome;
}

Json outcomeMeta(const ReconOutcome& outcome)
{
    return {{"attack", static_cast<std::size_t>(outcome.attack)}, {"note", outcome.note}};
}

void storeScheme(engine::TensorMap& map, Json& meta, const ReconScheme& scheme)
{
    Json entry = {{"id", scheme.id},
                  {"title", scheme.title},
                  {"spec", toJson(scheme.spec)},
                  {"key_bits", scheme.keyBits},
                  {"encoder_losses", scheme.encoderLosses},
                  {"stage_starts", scheme.stageStarts},
                  {"guided_curve", scheme.guidedCurve},
                  {"outcomes", Json::array()},
                  {"leaks", Json::array()}};
    map[scheme.id + ".encrypted"] = firstRows(scheme.encrypted);
    if (scheme.plane.defined())
        map[scheme.id + ".plane"] = scheme.plane;
    for (const ReconOutcome& outcome : scheme.outcomes) {
        storeOutcome(map, scheme.id + "." + reconAttackId(outcome.attack), outcome);
        entry["outcomes"].push_back(outcomeMeta(outcome));
    }
    for (std::size_t i = 0; i < scheme.leaks.size(); ++i) {
        const ReconLeak& leak = scheme.leaks[i];
        map[scheme.id + ".leak" + std::to_string(i)] =
            torch::stack({leak.own, leak.other, leak.nearer, leak.rank});
        entry["leaks"].push_back(leak.embedding);
    }
    meta["schemes"].push_back(std::move(entry));
}

ReconScheme readScheme(const reporting::StoredResults& stored, const Json& entry)
{
    ReconScheme scheme{.id = entry.at("id"), .title = entry.at("title")};
    scheme.spec = cipherFromJson(entry.at("spec"), "the kept results");
    scheme.keyBits = entry.at("key_bits").get<double>();
    scheme.encoderLosses = entry.at("encoder_losses").get<std::vector<double>>();
    scheme.stageStarts = entry.at("stage_starts").get<std::vector<double>>();
    scheme.guidedCurve = entry.at("guided_curve").get<std::vector<double>>();
    scheme.encrypted = stored.at(scheme.id + ".encrypted", torch::kUInt8, 4);
    if (const std::string plane = scheme.id + ".plane"; stored.has(plane)) // runs before version 2 kept none
        scheme.plane = stored.at(plane, torch::kFloat64, 2);
    for (const Json& outcome : entry.at("outcomes")) {
        const auto attack = static_cast<ReconAttack>(outcome.at("attack").get<std::size_t>());
        scheme.outcomes.push_back(readOutcome(stored, scheme.id + "." + reconAttackId(attack), outcome));
    }
    for (const Json& name : entry.at("leaks")) {
        const torch::Tensor numbers =
            stored.at(scheme.id + ".leak" + std::to_string(scheme.leaks.size()), torch::kFloat64, 2);
        scheme.leaks.push_back({.embedding = name.get<std::string>(),
                                .own = numbers[0],
                                .other = numbers[1],
                                .nearer = numbers[2],
                                .rank = numbers[3]});
    }
    return scheme;
}

} // namespace

const char* reconAttackId(ReconAttack attack)
{
    return namesOf(attack).id;
}

const char* reconAttackTitle(ReconAttack attack)
{
    return namesOf(attack).title;
}

const char* reconAttackRole(ReconAttack attack)
{
    return namesOf(attack).role;
}

const ReconOutcome* ReconScheme::find(ReconAttack attack) const
{
    const auto found = std::ranges::find(outcomes, attack, &ReconOutcome::attack);
    return found == outcomes.end() ? nullptr : &*found;
}

const ReconLeak* ReconScheme::leak(const std::string& embedding) const
{
    const auto found = std::ranges::find(leaks, embedding, &ReconLeak::embedding);
    return found == leaks.end() ? nullptr : &*found;
}

const ReconOutcome* ReconResults::find(const ReconScheme& scheme, ReconAttack attack) const
{
    const auto floor = std::ranges::find(floors, attack, &ReconOutcome::attack);
    return floor == floors.end() ? scheme.find(attack) : &*floor;
}

std::vector<ReconAttack> ReconResults::attacks() const
{
    std::vector<ReconAttack> made;
    for (std::size_t i = 0; i < kReconAttacks; ++i) {
        const auto attack = static_cast<ReconAttack>(i);
        if (std::ranges::any_of(schemes, [&](const ReconScheme& s) { return find(s, attack) != nullptr; }))
            made.push_back(attack);
    }
    return made;
}

engine::TensorMap ReconResults::tensors() const
{
    engine::TensorMap map = {{"ids", ids}, {"plain", firstRows(plain)}};
    Json meta = {{"attributes", Json::array()},
                 {"commonest", commonest},
                 {"floors", Json::array()},
                 {"schemes", Json::array()}};
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        map["truth" + std::to_string(i)] = attributes[i].test;
        meta["attributes"].push_back({{"name", attributes[i].name}, {"values", attributes[i].values}});
    }
    for (const ReconOutcome& floor : floors) {
        storeOutcome(map, std::string("floor.") + reconAttackId(floor.attack), floor);
        meta["floors"].push_back(outcomeMeta(floor));
    }
    for (const ReconScheme& scheme : schemes)
        storeScheme(map, meta, scheme);
    map["meta"] = reporting::jsonTensor(meta);
    return map;
}

ReconResults ReconResults::from(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    ReconResults r{.ids = stored.at("ids", torch::kInt64, 1), .plain = stored.at("plain", torch::kUInt8, 4)};
    stored.meta([&](const Json& meta) {
        for (const Json& attribute : meta.at("attributes"))
            r.attributes.push_back(
                {.name = attribute.at("name"),
                 .values = attribute.at("values"),
                 .train = {},
                 .test = stored.at("truth" + std::to_string(r.attributes.size()), torch::kInt64, 1)});
        r.commonest = meta.at("commonest").get<std::vector<std::int64_t>>();
        for (const Json& floor : meta.at("floors")) {
            const auto attack = static_cast<ReconAttack>(floor.at("attack").get<std::size_t>());
            r.floors.push_back(readOutcome(stored, std::string("floor.") + reconAttackId(attack), floor));
        }
        for (const Json& scheme : meta.at("schemes"))
            r.schemes.push_back(readScheme(stored, scheme));
    });
    return r;
}

} // namespace assay::encryption
