#include "plugins/encryption/defense_run.h"

#include "backend/attacks/losses.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/keyed_network.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

/// Images of the gallery.
constexpr std::int64_t kDefenseShown = 48;
/// Images of the losses along directions.
constexpr std::int64_t kSliceImages = 100;
/// Images, steps and radius of the attack without a bound.
constexpr std::int64_t kUnboundedImages = 100;
constexpr int kUnboundedSteps = 50;

} // namespace

DefenseRun::DefenseRun(engine::RunContext& context, DefenseParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.eps);
    reporting::keepFirsts(m_params.baselines);
}

void DefenseRun::execute()
{
    openInputs();
    makeKeys();
    trainMembers();
    trainBaselines();
    askClean();
    attackAll();
    attackAcross();
    attackByQuestions();
    checkUnbounded();
    checkMasking();
    sliceLosses();
    finish();
}

void DefenseRun::openInputs()
{
    m_attack = attacks::attacks().make(
        m_params.attack.attack, reporting::saidOf(m_params.attack.attackParams, m_params.attack.attack));
    for (const double eps : m_params.eps)
        m_attack->resolved(m_params.attack.at(eps));
    m_dataset = m_context.dataset(m_params.images.dataset);
    m_plain = reporting::openModels(m_context, {m_params.model}, m_dataset->info(), "model").front().model;
    m_parts = keyedParts(*m_plain->cloneNetwork(), m_plain->name());
    m_cipherSpec = {.scheme = schemeFromName(m_params.scheme.scheme),
                    .block = keyedBlock(m_parts, m_plain->card().input, m_params.scheme.block)};
    m_images = reporting::drawTestImages(m_context, *m_dataset, m_params.images.count);

    DefenseResults& r = m_results;
    r.model = reporting::shownName(m_params.model.name);
    r.attack = m_params.attack.title();
    r.cipher = describe(m_cipherSpec);
    r.classes = m_dataset->info().classes;
    r.ids = m_images.ids;
    r.y = m_images.y;
    r.eps = m_params.eps;
    r.members = static_cast<std::size_t>(m_params.keys);
    r.draws = torch::randint(0, m_params.keys, {m_params.passes, r.size()},
                             m_context.generator("defense.draws"), torch::kInt64);
}

void DefenseRun::makeKeys()
{
    for (std::size_t i = 0; i < m_results.members; ++i)
        m_keys.push_back(i < m_params.keyFiles.size()
                             ? readKeyFile(m_params.keyFiles[i])
                             : SecretKey::forExperiment(m_context.seed(), "member " + std::to_string(i + 1)));
}

std::shared_ptr<const Cipher> DefenseRun::cipherOf(const SecretKey& key) const
{
    const models::InputSpec& input = m_plain->card().input;
    return std::make_shared<const Cipher>(m_cipherSpec, key, input.channels, input.height, input.width);
}

void DefenseRun::trainMembers()
{
    const KeyedImages lesson = drawKeyedImages(m_context, *m_dataset, m_params.trainImages);
    const double total = static_cast<double>(m_results.members + m_params.baselines.size());
    m_asked = {m_plain};
    m_results.networks = {"plain"};
    for (std::size_t i = 0; i < m_results.members; ++i) {
        const std::string name = "keyed-" + std::to_string(i + 1);
        const auto cipher = cipherOf(m_keys[i]);
        m_members.push_back(trainKeyed(m_context, lesson,
                                       {.name = name,
                                        .base = m_plain,
                                        .tuning = Tuning::EmbeddingHead,
                                        .randomHead = m_params.randomHead,
                                        .cipher = cipher,
                                        .lesson = m_params.lesson,
                                        .stream = "defense." + name,
                                        .done = static_cast<double>(i),
                                        .total = total}));
        const KeyedMember& member = m_members.back();
        m_keyed.push_back(keyedModel(member.network, cipher, m_plain->card(), name));
        m_asked.push_back(m_keyed.back());
        m_results.networks.push_back(name);
        std::int64_t weights = 0;
        for (const torch::Tensor& parameter : member.network->parameters())
            weights += parameter.numel();
        m_results.keys.push_back({.name = name,
                                  .fingerprint = m_keys[i].fingerprint(),
                                  .bits = cipher->keySpaceBits(),
                                  .trained = member.trained,
                                  .total = weights,
                                  .bytes = member.deltaBytes(),
                                  .seconds = member.seconds});
        engine::TensorMap delta(member.delta.begin(), member.delta.end());
        m_context.artifact(name, delta);
    }
    const KeyedMember& first = m_members.front();
    m_unkeyed = keyedModel(first.network, nullptr, m_plain->card(), "keyed-1 without its key");
    for (int g = 1; g <= std::max(1, m_params.guesses); ++g) {
        const SecretKey guess = SecretKey::forExperiment(m_context.seed(), "guess " + std::to_string(g));
        m_guessed.push_back(keyedModel(first.network, cipherOf(guess), m_plain->card(),
                                       "keyed-1 with guess " + std::to_string(g)));
    }
    if (m_keyed.size() > 1) {
        std::vector<std::shared_ptr<models::Network>> all;
        for (const ModelPtr& model : m_keyed)
            all.push_back(model->cloneNetwork());
        m_random = keyedModel(
            std::make_shared<RandomMemberNetwork>(std::move(all), m_images.x[0].numel(), m_context.seed()),
            nullptr, m_plain->card(), "random of " + std::to_string(m_keyed.size()));
    }
}

void DefenseRun::trainBaselines()
{
    if (m_params.baselines.empty())
        return;
    const KeyedImages lesson = drawKeyedImages(m_context, *m_dataset, m_params.trainImages);
    double done = static_cast<double>(m_results.members);
    const double total = done + static_cast<double>(m_params.baselines.size());
    for (const std::string& name : m_params.baselines) {
        const bool adversarial = name == "adversarial";
        KeyedOrder order{.name = name,
                         .base = m_plain,
                         .tuning = name == "scratch" ? Tuning::Scratch : Tuning::Full,
                         .randomHead = name == "full" && m_params.randomHead,
                         .cipher = adversarial ? nullptr : cipherOf(m_keys.front()),
                         .lesson = m_params.lesson,
                         .stream = "defense." + name,
                         .done = done++,
                         .total = total};
        order.lesson.adversary = adversarial ? m_params.eps.back() : 0;
        const KeyedMember trained = trainKeyed(m_context, lesson, order);
        m_asked.push_back(keyedModel(trained.network, order.cipher, m_plain->card(), name));
        m_results.networks.push_back(name);
    }
}

DefenseAnswers DefenseRun::ask(const torch::Tensor& x) const
{
    std::vector<torch::Tensor> classes;
    torch::Tensor sum;
    for (std::size_t i = 0; i < m_asked.size(); ++i) {
        const torch::Tensor logits = models::logitsChunked(*m_asked[i], x);
        classes.push_back(logits.argmax(1).cpu());
        if (i >= 1 && i <= m_results.members) {
            const torch::Tensor p = logits.softmax(1);
            sum = sum.defined() ? sum + p : p;
        }
    }
    return {torch::stack(classes), sum.argmax(1).cpu()};
}

void DefenseRun::askClean()
{
    m_results.clean = ask(m_images.x);
    std::vector<torch::Tensor> wrong, none;
    for (std::size_t i = 0; i < m_members.size(); ++i) {
        const auto& network = m_members[i].network;
        const SecretKey guess = SecretKey::forExperiment(m_context.seed(), "guess 1");
        wrong.push_back(
            models::predict(*keyedModel(network, cipherOf(guess), m_plain->card(), "wrong key"), m_images.x));
        none.push_back(models::predict(*keyedModel(network, nullptr, m_plain->card(), "no key"), m_images.x));
    }
    m_results.wrongKey = torch::stack(wrong);
    m_results.noKey = torch::stack(none);
    m_context.figure(defenseKeySensitivity(m_results));
    m_context.table(defenseKeys(m_results));
}

attacks::Source DefenseRun::sourceOf(const DefenseThreat& threat) const
{
    const auto pointers = [](const std::vector<ModelPtr>& models) {
        std::vector<const models::Model*> all;
        for (const ModelPtr& model : models)
            all.push_back(model.get());
        return all;
    };
    if (threat.id == "A0-transfer")
        return *m_plain;
    if (threat.id == "A1-no-key")
        return *m_unkeyed;
    if (threat.id == "A2-wrong-key")
        return *m_guessed.front();
    if (threat.id == "A3-guessed-keys")
        return {pointers(m_guessed), attacks::Fusion::Probabilities};
    if (threat.id == "A4-other-member")
        return *m_keyed.at(1);
    if (threat.id == "A5-right-key")
        return *m_keyed.front();
    if (threat.id == "A6-all-members")
        return {pointers(m_keyed), attacks::Fusion::Losses};
    for (std::size_t i = 0; i < m_results.networks.size(); ++i)
        if (threat.id == "own-" + m_results.networks[i])
            return *m_asked[i];
    throw Error("there is no attacker '" + threat.id + "'", "key-defense");
}

std::string DefenseRun::fullTitle(const DefenseThreat& threat) const
{
    return threat.title + ": " + m_results.attack;
}

torch::Tensor DefenseRun::adversarial(const attacks::Source& source, const attacks::Budget& budget,
                                      const reporting::TestImages& images, const std::string& stage)
{
    const attacks::Context context{.seed = m_context.seed(), .hooks = m_context.attackHooks(stage)};
    return m_attack->run(source, images.x, images.y, budget, context).adversarial;
}

void DefenseRun::attackAll()
{
    DefenseResults& r = m_results;
    const std::string guesses = std::to_string(m_params.guesses);
    r.threats = {{"A0-transfer", "A0 public network", "the public network alone"},
                 {"A1-no-key", "A1 weights, no key", "the weights of key 1, not the key"},
                 {"A2-wrong-key", "A2 weights, a guess", "the weights of key 1, with a guessed key"},
                 {"A3-guessed-keys", "A3 weights, " + guesses + " guesses",
                  "the weights of key 1, averaging over " + guesses + " guessed keys"}};
    if (r.members > 1)
        r.threats.push_back({"A4-other-member", "A4 another member", "key 2 and its weights"});
    r.threats.push_back({"A5-right-key", "A5 key 1", "key 1 and its weights: everything, with one key"});
    if (r.members > 1)
        r.threats.push_back({"A6-all-members", "A6 all " + std::to_string(r.members) + " keys",
                             "all keys and weights, averaging over the members"});
    for (std::size_t i = r.members + 1; i < r.networks.size(); ++i)
        r.threats.push_back({"own-" + r.networks[i], "Own gradient of " + r.networks[i],
                             "everything about the baseline '" + r.networks[i] + "'"});

    const std::int64_t shown = std::min(kDefenseShown, r.size());
    std::vector<torch::Tensor> kept;
    for (const DefenseThreat& threat : r.threats) {
        const attacks::Source source = sourceOf(threat);
        std::vector<DefenseAnswers> row;
        for (const double eps : r.eps) {
            const torch::Tensor x = adversarial(source, m_params.attack.at(eps), m_images,
                                                fullTitle(threat) + ", ε = " + reporting::shortText(eps));
            row.push_back(ask(x));
            kept.push_back(x.narrow(0, 0, shown).cpu());
        }
        r.attacked.push_back(std::move(row));
        emit();
    }
    torch::Tensor all = torch::stack(kept);
    m_examples.clean = m_images.x.narrow(0, 0, shown).cpu();
    if (m_params.keyFiles.empty()) {
        std::vector<torch::Tensor> encrypted;
        const auto cipher = cipherOf(m_keys.front());
        for (const torch::Tensor& x : kept)
            encrypted.push_back(cipher->encryptUnit(x.to(m_context.device())).cpu());
        m_examples.encrypted = torch::stack(encrypted).to(torch::kFloat16);
    }
    m_examples.adversarial = all.to(torch::kFloat16);
}

void DefenseRun::attackAcross()
{
    DefenseResults& r = m_results;
    if (r.members < 2)
        return;
    std::vector<torch::Tensor> rows;
    const auto n = static_cast<std::int64_t>(r.members);
    for (std::size_t j = 0; j < r.members; ++j) {
        const char* known = j == 0 ? "A5-right-key" : j == 1 ? "A4-other-member" : nullptr;
        if (known) {
            rows.push_back(r.attacked[r.threat(known)].back().asked.narrow(0, 1, n));
            continue;
        }
        const torch::Tensor x = adversarial(*m_keyed[j], m_params.attack.at(r.eps.back()), m_images,
                                            "Transfer from " + r.networks[j + 1]);
        rows.push_back(ask(x).asked.narrow(0, 1, n));
    }
    r.cross = torch::stack(rows);
    m_context.figure(defenseCross(r));
    m_context.table(defenseCrossTable(r));
}

void DefenseRun::attackByQuestions()
{
    DefenseResults& r = m_results;
    r.squareImages = std::min<std::int64_t>(m_params.queryImages, r.size());
    if (r.squareImages == 0)
        return;
    const reporting::TestImages images = m_images.select(torch::arange(r.squareImages));
    const auto square = attacks::attacks().make("square");
    attacks::Budget budget = m_params.attack.at(r.eps.back());
    budget.queries = m_params.queries;
    std::vector<torch::Tensor> rows;
    for (const ModelPtr& victim : {m_keyed.front(), m_random ? m_random : m_keyed.front()}) {
        attacks::Context context{.seed = m_context.seed(),
                                 .hooks = m_context.attackHooks("A7: Square on " + victim->name())};
        context.stopWhenFooled = true;
        rows.push_back(
            models::predict(*victim, square->run(*victim, images.x, images.y, budget, context).adversarial));
    }
    r.square = torch::stack(rows);
}

void DefenseRun::checkUnbounded()
{
    const std::int64_t count = std::min(kUnboundedImages, m_results.size());
    const reporting::TestImages images = m_images.select(torch::arange(count));
    attacks::Budget open{.norm = attacks::Norm::Linf, .eps = 1, .steps = kUnboundedSteps};
    const torch::Tensor x =
        adversarial(*m_keyed.front(), open, images, "Without a bound, with the right key");
    const metrics::Rate left = keyedRate(models::predict(*m_keyed.front(), x) == images.y);
    m_results.checks.push_back({.check = "unbounded",
                                .finding = std::to_string(left.count) + " of " + std::to_string(left.n) +
                                           " images hold against " +
                                           reporting::attackTitle(m_params.attack.attack) +
                                           " with the right key and ε = 1; nearly none should",
                                .n = left.n,
                                .warning = left.low > 0.05});
}

void DefenseRun::sliceLosses()
{
    DefenseResults& r = m_results;
    const std::int64_t count = std::min(kSliceImages, r.size());
    const reporting::TestImages images = m_images.select(torch::arange(count));
    const models::Model& victim = *m_keyed.front();
    const torch::Tensor y = images.y.to(m_context.device());
    torch::Tensor random =
        torch::rand(images.x.sizes(), m_context.generator("defense.slice"), torch::kFloat32);
    const std::vector<std::pair<std::string, torch::Tensor>> directions = {
        {"gradient with the right key", attacks::inputGradient(victim, images.x, images.y).sign()},
        {"gradient with a guessed key",
         attacks::inputGradient(*m_guessed.front(), images.x, images.y).sign()},
        {"gradient without a key", attacks::inputGradient(*m_unkeyed, images.x, images.y).sign()},
        {"random signs", (random - 0.5).sign().to(m_context.device())}};
    constexpr int kPoints = 9;
    for (int k = 0; k < kPoints; ++k)
        r.sliceDistances.push_back(r.eps.back() * k / (kPoints - 1));
    for (const auto& [name, direction] : directions) {
        DefenseSlice slice{.name = name};
        for (const double distance : r.sliceDistances) {
            m_context.checkpoint();
            const torch::Tensor logits =
                models::logitsChunked(victim, (images.x + distance * direction).clamp(0, 1));
            slice.loss.push_back(attacks::crossEntropy(logits, y, false).mean().item<double>());
        }
        r.slices.push_back(std::move(slice));
    }
    m_context.figure(defenseSlices(r));
}

void DefenseRun::emit()
{
    const DefenseView view = defenseViewOf(m_results, m_params);
    m_context.figure(defenseByEps(m_results, view));
    m_context.figure(defenseMatrix(m_results, view));
    m_context.figure(defenseBars(m_results, view));
    m_context.table(defenseAccuracy(m_results));
    m_context.table(defenseCurve(m_results));
}

void DefenseRun::finish()
{
    emit();
    if (m_results.members > 1)
        m_context.table(defenseRandom(m_results));
    m_context.table(defenseChecks(m_results));
    const auto claims = defenseClaims(m_results);
    m_context.table(
        claimsTable(claims, "At ε = " + reporting::shortText(16. / 255) +
                                " or the nearest computed; rates with Wilson 95 % intervals. What "
                                "few images cannot tell from its contrary is in the intervals."));
    for (const KeyedClaim& claim : claims)
        if (!claim.holds)
            m_context.log("Does not hold in this run: " + claim.claim + ". Found: " + claim.found,
                          protocol::LogLevel::Warning);
    for (protocol::Metric& metric : defenseMetrics(m_results))
        m_context.metric(std::move(metric));
    m_context.artifact("outcomes", toTensors(m_results));
    engine::TensorMap kept = {{"clean", m_examples.clean}, {"adversarial", m_examples.adversarial}};
    if (m_examples.encrypted.defined())
        kept["encrypted"] = m_examples.encrypted;
    m_context.artifact("examples", kept);
    m_context.images(defenseGallery(m_results, defenseViewOf(m_results, m_params), m_examples));
}

} // namespace assay::encryption
