#include "plugins/encryption/lock_run.h"

#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/trained_network.h"
#include "backend/models/architectures/architectures.h"
#include "backend/protocol/error.h"
#include "backend/training/zoo_detectors.h"
#include "plugins/encryption/lock_estimate.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption::lock {

namespace {

/// Images on which locks are compared with the detector that they were put on, and maps are looked at.
constexpr std::int64_t kCompared = 16, kLookedAt = 200;
/// How much longer a training takes than trying a key: for the progress.
constexpr double kTrainingWeight = 30;

torch::Tensor drawnIds(engine::RunContext& context, const char* stream, std::int64_t available, int count)
{
    return torch::randperm(available, context.generator(stream), torch::kInt64)
        .narrow(0, 0, std::min<std::int64_t>(count, available))
        .contiguous();
}

/// "shf-4": the scheme, and the side of its blocks.
CipherSpec cipherSpecOf(const std::string& input)
{
    const std::size_t dash = input.rfind('-');
    CipherSpec spec;
    spec.scheme = schemeFromName(input.substr(0, dash));
    spec.block = std::stoi(input.substr(dash + 1));
    return spec;
}

} // namespace

LockRun::LockRun(engine::RunContext& context, LockParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    for (auto* names : {&m_params.layers, &m_params.further, &m_params.inputs})
        reporting::keepFirsts(*names);
}

void LockRun::execute()
{
    openInputs();
    planTrainings();
    m_plain = trained(m_plainJob);
    stage("The unprotected detector");
    m_results.unprotected = scored(*m_plain, {});
    describeMaps();
    for (const std::string& layer : m_params.layers)
        measureLayer(layer);
    for (const auto& [transform, job] : m_furtherJobs) {
        m_results.locks.push_back(
            outcomeOf({specOf(m_params.main, transform, m_params.share), Method::Trained, trained(job)}));
        emit();
    }
    for (const std::string& input : m_params.inputs) {
        m_results.locks.push_back(inputOutcome(input, trained(m_inputJobs.at(input))));
        emit();
    }
    if (transformFromName(m_params.transform) != Transform::Shuffle)
        for (const double share : m_params.shares)
            if (share != m_params.share)
                m_results.locks.push_back(
                    outcomeOf(existing(specOf(m_params.main, m_params.transform, share))));
    measurePartial(mainLock());
    emit();
    attack(mainLock());
    if (m_params.estimate)
        estimate(mainLock());
    emit();
    for (const protocol::Metric& metric : lockMetrics(m_results))
        m_context.metric(metric);
    keepModels();
    showMosaic();
    showBench();
}

void LockRun::openInputs()
{
    const auto set = m_context.dataset(m_params.dataset);
    const data::DatasetInfo& info = set->info();
    if (info.boxClasses.empty())
        throw Error("the images of '" + info.name + "' have no boxes", "dataset",
                    "Choose a set with boxes, such as fashion-scenes.");
    if (std::ranges::find(m_params.layers, m_params.main) == m_params.layers.end())
        throw Error("'" + m_params.main + "' is none of the locks", "main",
                    "Choose one of those in 'layers'.");
    if (m_params.method == "existing" && transformFromName(m_params.transform) == Transform::Shuffle)
        throw Error("shuffled pixels of a map cannot be taken up by a finished detector", "method",
                    "Choose 'train', or another transform.");
    m_key = ownersKey(m_params, m_context.seed());
    m_keyName = m_params.keyFile.empty() ? m_params.key : "file " + m_key->fingerprint();
    m_train =
        scenesOf(*set, data::Split::Train,
                 drawnIds(m_context, "training images", set->size(data::Split::Train), m_params.trainCount));
    m_test = scenesOf(*set, data::Split::Test,
                      drawnIds(m_context, "images", set->size(data::Split::Test), m_params.testCount));
    m_images = m_test.images().to(m_context.device());

    m_card = engine::cardFor(info, m_train.pixels);
    training::describeDetector(m_card, *set);
    m_card.architecture = "grid-detector";
    m_card.options = {{"widths", m_params.widths}};
    const auto network = models::makeNetwork(m_card.architecture, m_card.options, m_card.input,
                                             static_cast<std::int64_t>(m_card.classes.size()));
    const torch::NoGradGuard off;
    network->eval();
    const models::TapSink sink = [&](const std::string& tap, const torch::Tensor& map) {
        m_shapes["c" + tap.substr(std::string("block").size())] = {map.size(1), map.size(2), map.size(3)};
    };
    network->forward(m_test.images().narrow(0, 0, 1), &sink);
    for (const std::string& layer : m_params.layers) // wrong ones are told before anything is trained
        mapKeys(*m_key, specOf(layer, m_params.transform, m_params.share), m_shapes);
    for (const std::string& transform : m_params.further)
        mapKeys(*m_key, specOf(m_params.main, transform, m_params.share), m_shapes);
    for (const double share : m_params.shares)
        mapKeys(*m_key, specOf(m_params.main, m_params.transform, share), m_shapes);
    for (const std::string& input : m_params.inputs)
        cipherOf(input, *m_key);

    m_results.classes = m_card.classes;
    m_results.main = m_params.main;
    m_results.transform = m_params.transform;
    m_results.share = m_params.share;
    m_results.key = m_keyName;
    m_results.testCount = m_test.size();
}

void LockRun::planTrainings()
{
    m_trainings = std::make_unique<Trainings>(
        m_context, m_card, m_train, [this](const std::string& name, double share) {
            m_context.progress(m_done + kTrainingWeight * share, m_total, "Training " + name);
        });
    training::DetectorSpec spec{.epochs = m_params.epochs,
                                .batch = m_params.batch,
                                .learningRate = m_params.learningRate,
                                .loss = lossSpec(),
                                .initSeed = m_context.seed() + 1,
                                .orderSeed = m_context.seed() + 1};
    const auto add = [&](std::string name, Json key, models::MapChanges changes,
                         std::shared_ptr<const Cipher> cipher) {
        return m_trainings->add({.name = std::move(name),
                                 .key = std::move(key),
                                 .spec = spec,
                                 .changes = std::move(changes),
                                 .cipher = std::move(cipher),
                                 .from = nullptr});
    };
    m_plainJob = add("the unprotected detector", "plain", {}, nullptr);
    const auto addLock = [&](const std::string& layer, const std::string& transform) {
        const LockSpec lock = specOf(layer, transform, m_params.share);
        const Json key = {{"lock", layer},           {"transform", transform},      {"share", lock.share},
                          {"block", lock.block},     {"key", m_key->fingerprint()}, {"name", m_keyName},
                          {"seed", m_context.seed()}};
        return add("the lock of " + layer, key,
                   changesOf(mapKeys(*m_key, lock, m_shapes), m_context.device()), nullptr);
    };
    if (m_params.method != "existing")
        for (const std::string& layer : m_params.layers)
            m_lockJobs[layer] = addLock(layer, m_params.transform);
    for (const std::string& transform : m_params.further)
        if (transform != m_params.transform)
            m_furtherJobs[transform] = addLock(m_params.main, transform);
    for (const std::string& input : m_params.inputs) {
        const Json key = {
            {"input", input}, {"key", m_key->fingerprint()}, {"name", m_keyName}, {"seed", m_context.seed()}};
        m_inputJobs[input] = add("a detector on encrypted images", key, {}, cipherOf(input, *m_key));
    }
    const std::size_t trainings = 1 + m_lockJobs.size() + m_furtherJobs.size() + m_inputJobs.size();
    const std::size_t locks =
        trainings - 1 + m_params.shares.size() + (m_params.method != "train" ? m_params.layers.size() : 0);
    const auto keys = static_cast<std::size_t>(m_params.wrongKeys);
    const std::size_t attacks = 2 * m_params.attackShares.size();
    m_total = kTrainingWeight * static_cast<double>(trainings + attacks) +
              static_cast<double>(1 + locks * (keys + 2) + m_params.right.size() * keys + attacks);
}

training::DetectorLossSpec LockRun::lossSpec() const
{
    return {.positiveWeight = m_params.positiveWeight, .boxWeight = m_params.boxWeight};
}

LockRun::NetworkPtr LockRun::trained(std::size_t job)
{
    NetworkPtr network = m_trainings->get(job);
    m_done += kTrainingWeight;
    return network;
}

std::shared_ptr<const Cipher> LockRun::cipherOf(const std::string& input, const SecretKey& key) const
{
    return std::make_shared<const Cipher>(cipherSpecOf(input), key, m_card.input.channels,
                                          m_card.input.height, m_card.input.width);
}

LockSpec LockRun::specOf(const std::string& layer, const std::string& transform, double share) const
{
    LockSpec spec = lockNamed(layer, m_params, m_shapes);
    spec.transform = transformFromName(transform);
    spec.share = share;
    return spec;
}

LockRun::Locked LockRun::existing(const LockSpec& spec)
{
    const MapKeys keys = mapKeys(*m_key, spec, m_shapes);
    const std::shared_ptr<models::Network> network = m_plain->copy();
    lockExisting(*network, keys);
    return {spec, Method::Existing, network};
}

void LockRun::measureLayer(const std::string& layer)
{
    const auto job = m_lockJobs.find(layer);
    if (job != m_lockJobs.end()) {
        const Locked locked{specOf(layer, m_params.transform, m_params.share), Method::Trained,
                            trained(job->second)};
        m_results.locks.push_back(outcomeOf(locked));
        m_locks[layer] = locked;
        emit();
    }
    if (m_params.method == "train" || transformFromName(m_params.transform) == Transform::Shuffle)
        return;
    const Locked locked = existing(specOf(layer, m_params.transform, m_params.share));
    const torch::NoGradGuard off;
    const torch::Tensor x = m_images.narrow(0, 0, std::min(kCompared, m_test.size()));
    const torch::Tensor before = detectorWith(*m_plain, m_card, {}).model().raw(x);
    const MapKeys keys = mapKeys(*m_key, locked.spec, m_shapes);
    const torch::Tensor after =
        detectorWith(*locked.network, m_card, changesOf(keys, m_context.device())).model().raw(x);
    const double difference = ((after - before).abs().max() / before.abs().max()).item<double>();
    m_results.existingDifference = std::max(m_results.existingDifference.value_or(0), difference);
    m_results.locks.push_back(outcomeOf(locked));
    m_locks.try_emplace(layer, locked);
    emit();
}

LockOutcome LockRun::outcomeOf(const Locked& locked)
{
    const auto keys = [&](const SecretKey& key) { return mapKeys(key, locked.spec, m_shapes); };
    const std::string transform = transformNames().at(static_cast<std::size_t>(locked.spec.transform));
    LockOutcome outcome{.layer = locked.spec.name(),
                        .transform = transform,
                        .share = locked.spec.share,
                        .method = locked.method,
                        .right = {},
                        .none = {},
                        .wrong = {}};
    const std::string what = "Keys of " + outcome.layer;
    stage(what);
    outcome.right = scored(*locked.network, keys(*m_key));
    stage(what);
    outcome.none = scored(*locked.network, {});
    for (int number = 1; number <= m_params.wrongKeys; ++number) {
        stage(what);
        outcome.wrong.push_back(scored(*locked.network, keys(wrongKey(m_context.seed(), number))));
    }
    return outcome;
}

LockOutcome LockRun::inputOutcome(const std::string& input, const NetworkPtr& network)
{
    LockOutcome outcome{.layer = "input",
                        .transform = input,
                        .share = 1,
                        .method = Method::Input,
                        .right = {},
                        .none = {},
                        .wrong = {}};
    const auto with = [&](const SecretKey& key) {
        stage("Keys of encrypted images");
        return scored(*network, {}, cipherOf(input, key)->encryptUnit(m_images));
    };
    outcome.right = with(*m_key);
    stage("Keys of encrypted images");
    outcome.none = scored(*network, {});
    for (int number = 1; number <= m_params.wrongKeys; ++number)
        outcome.wrong.push_back(with(wrongKey(m_context.seed(), number)));
    return outcome;
}

Scores LockRun::scored(const models::Network& network, const MapKeys& keys, const torch::Tensor& images)
{
    m_context.checkpoint();
    const models::Detector detector = detectorWith(network, m_card, changesOf(keys, m_context.device()));
    return scoresOf(detector, images.defined() ? images : m_images, m_test.boxes);
}

const LockRun::Locked& LockRun::mainLock() const
{
    return m_locks.at(m_params.main);
}

void LockRun::measurePartial(const Locked& locked)
{
    const MapKeys right = mapKeys(*m_key, locked.spec, m_shapes);
    for (const double share : m_params.right) {
        PartialOutcome outcome{.right = share, .byKey = {}};
        for (int number = 1; number <= m_params.wrongKeys; ++number) {
            stage("Parts of the key of " + locked.spec.name());
            const SecretKey other = wrongKey(m_context.seed(), number);
            const MapKeys wrong = mapKeys(other, locked.spec, m_shapes);
            outcome.byKey.push_back(scored(*locked.network, partlyRight(right, wrong, share, other)));
        }
        m_results.partial.push_back(std::move(outcome));
    }
    std::ranges::sort(m_results.partial, {}, &PartialOutcome::right);
}

void LockRun::attack(const Locked& locked)
{
    struct Pair
    {
        double share;
        std::int64_t images;
        std::size_t stolen, scratch;
    };
    std::vector<Pair> pairs;
    std::vector<double> shares = m_params.attackShares;
    std::ranges::sort(shares);
    for (const double share : shares) {
        const std::int64_t images =
            std::max<std::int64_t>(1, std::llround(share * static_cast<double>(m_train.size())));
        const training::DetectorSpec spec{.epochs = m_params.attackEpochs,
                                          .batch = m_params.batch,
                                          .learningRate = m_params.learningRate,
                                          .loss = lossSpec(),
                                          .initSeed = m_context.seed() + 2,
                                          .orderSeed = m_context.seed() + 2,
                                          .trainCount = images};
        const auto add = [&](const char* name, NetworkPtr from) {
            return m_trainings->add({.name = name,
                                     .key = "attack",
                                     .spec = spec,
                                     .changes = {},
                                     .cipher = nullptr,
                                     .from = std::move(from)});
        };
        const std::size_t stolen = add("the stolen detector", locked.network);
        pairs.push_back({share, images, stolen, add("a detector from scratch", nullptr)});
    }
    for (const Pair& pair : pairs) {
        AttackOutcome outcome{.share = pair.share, .images = pair.images, .stolen = {}, .scratch = {}};
        outcome.stolen = scored(*trained(pair.stolen), {});
        stage("Fine-tuning the stolen detector");
        outcome.scratch = scored(*trained(pair.scratch), {});
        stage("Fine-tuning the stolen detector");
        m_results.attacks.push_back(std::move(outcome));
    }
}

void LockRun::estimate(const Locked& locked)
{
    const Transform transform = locked.spec.transform;
    if (locked.spec.maps.size() != 1 || transform != Transform::Permute || locked.spec.share < 1)
        return;
    const std::string& map = locked.spec.maps.front();
    const MapKey right = mapKeys(*m_key, locked.spec, m_shapes).at(map);
    std::vector<Locked> locks = {locked};
    if (locked.method == Method::Trained)
        locks.push_back(existing(locked.spec));
    const torch::Tensor images = m_train.first(kLookedAt).images().to(m_context.device());
    for (const Locked& one : locks) {
        const std::shared_ptr<models::Network> network = one.network->copy();
        const torch::Tensor seen = mapOf(*network, map, images);
        const std::string consumer = consumerOf(map, m_shapes);
        const std::string mean = "bn" + consumer.substr(4, consumer.find('.') - 4) + ".running_mean";
        torch::Tensor weight, means;
        for (const auto& [name, tensor] : network->persistent()) {
            if (name == consumer)
                weight = tensor;
            if (name == mean)
                means = tensor;
        }
        const auto add = [&](const char* method, const torch::Tensor& sources) {
            MapKey guessed = right;
            guessed.sources = sources;
            m_results.estimates.push_back({.lock = one.method,
                                           .method = method,
                                           .right = sources.eq(right.sources).sum().item<std::int64_t>(),
                                           .channels = sources.size(0),
                                           .found = scored(*one.network, {{map, guessed}})});
        };
        add("norms", sourcesByNorms(seen, weight));
        if (means.defined())
            add("means", sourcesByMeans(seen, weight, means));
    }
}

void LockRun::stage(const std::string& text)
{
    m_context.progress(m_done++, m_total, text);
    m_context.checkpoint();
}

} // namespace assay::encryption::lock
