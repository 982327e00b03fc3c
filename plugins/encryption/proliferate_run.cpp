#include "plugins/encryption/proliferate_run.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/trained_network.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/keyed_network.h"
#include "plugins/encryption/proliferate_export.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>

namespace assay::encryption {

namespace {

/// Images of the gallery.
constexpr std::int64_t kFleetShown = 32;
/// Single images timed, after some that are not.
constexpr int kTimed = 50;
constexpr int kWarmUp = 10;

std::string fleetLora(int rank)
{
    return "LoRA, r = " + std::to_string(rank);
}

} // namespace

ProliferateRun::ProliferateRun(engine::RunContext& context, ProliferateParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::keepFirsts(m_params.methods);
    reporting::sortUnique(m_params.ranks);
    // What the fleet is made by is compared anyway, and LoRA by its ranks.
    std::erase_if(m_params.methods, [&](const std::string& m) {
        return m == m_params.method || (m == "lora" && !m_params.ranks.empty());
    });
    if (m_params.method == "lora")
        std::erase(m_params.ranks, m_params.rank);
}

void ProliferateRun::execute()
{
    openInputs();
    buildFleet();
    exportFleet();
    compareMethods();
    attackFleet();
    attackStolen();
    permuteStems();
    revokeFirst();
    finish();
}

void ProliferateRun::openInputs()
{
    m_attack = attacks::attacks().make(
        m_params.attack.attack, reporting::saidOf(m_params.attack.attackParams, m_params.attack.attack));
    m_attack->resolved(m_params.attack.at(m_params.eps));
    m_dataset = m_context.dataset(m_params.images.dataset);
    m_base = reporting::openModels(m_context, {m_params.model}, m_dataset->info(), "model").front().model;
    m_parts = keyedParts(*m_base->cloneNetwork(), m_base->name());
    m_cipherSpec = {.scheme = schemeFromName(m_params.scheme.scheme),
                    .block = keyedBlock(m_parts, m_base->card().input, m_params.scheme.block)};
    if (m_params.exportKey && !m_params.exports.empty())
        requireKeyInside(m_cipherSpec.scheme);
    m_images = reporting::drawTestImages(m_context, *m_dataset, m_params.images.count);
    m_lesson = drawKeyedImages(m_context, *m_dataset, m_params.trainImages);
    m_allTrainings = static_cast<double>(m_params.devices) + static_cast<double>(m_params.methods.size()) +
                     static_cast<double>(m_params.ranks.size()) + (m_params.revoke ? 1 : 0);

    FleetResults& r = m_results;
    r.model = reporting::shownName(m_params.model.name);
    r.attack = m_params.attack.title();
    r.cipher = describe(m_cipherSpec);
    const Tuning tuning = tuningFromName(m_params.method);
    r.method = tuning == Tuning::Lora ? fleetLora(m_params.rank)
                                      : tuningTitles().at(static_cast<std::size_t>(tuning));
    r.classes = m_dataset->info().classes;
    r.ids = m_images.ids;
    r.y = m_images.y;
    r.eps = m_params.eps;
    for (const auto& [name, tensor] : m_base->namedParameters())
        r.baseBytes += static_cast<std::int64_t>(tensor.nbytes());
    r.baseMilliseconds = latency(*m_base);
    r.baseClean = ask(*m_base, m_images.x);
    m_fromBase = adversarial(*m_base, "Attack on the base");
    r.baseOwn = ask(*m_base, m_fromBase);
}

std::shared_ptr<const Cipher> ProliferateRun::cipherOf(const SecretKey& key) const
{
    const models::InputSpec& input = m_base->card().input;
    return std::make_shared<const Cipher>(m_cipherSpec, key, input.channels, input.height, input.width);
}

torch::Tensor ProliferateRun::ask(const models::Model& model, const torch::Tensor& x) const
{
    return models::predict(model, x);
}

torch::Tensor ProliferateRun::adversarial(const attacks::Source& source, const std::string& stage)
{
    const attacks::Context context{.seed = m_context.seed(), .hooks = m_context.attackHooks(stage)};
    return m_attack->run(source, m_images.x, m_images.y, m_params.attack.at(m_params.eps), context)
        .adversarial;
}

double ProliferateRun::latency(const models::Model& model) const
{
    const models::SingleThread guard;
    const torch::NoGradGuard off;
    const torch::Tensor one = m_images.x.narrow(0, 0, 1);
    std::vector<double> times;
    for (int i = 0; i < kWarmUp + kTimed; ++i) {
        const auto start = std::chrono::steady_clock::now();
        (void)model.logits(one).cpu(); // the copy waits for a device
        const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
        if (i >= kWarmUp)
            times.push_back(spent.count());
    }
    std::ranges::nth_element(times, times.begin() + kTimed / 2);
    return times[kTimed / 2];
}

ProliferateRun::Built ProliferateRun::build(const std::string& name, const std::string& title, Tuning tuning,
                                            int rank, const SecretKey& key)
{
    const auto cipher = cipherOf(key);
    Built built;
    built.trained = trainKeyed(m_context, m_lesson,
                               {.name = name,
                                .base = m_base,
                                .tuning = tuning,
                                .rank = rank,
                                .randomHead = false,
                                .cipher = cipher,
                                .lesson = m_params.lesson,
                                .stream = "proliferate." + name,
                                .done = m_trainings++,
                                .total = m_allTrainings});
    built.model = keyedModel(built.trained.network, cipher, m_base->card(), name);
    FleetMember& m = built.member;
    m = {.name = name,
         .title = title,
         .fingerprint = key.fingerprint(),
         .trained = built.trained.trained,
         .bytes = built.trained.deltaBytes(),
         .seconds = built.trained.seconds};
    for (const torch::Tensor& parameter : built.trained.network->parameters())
        m.total += parameter.numel();
    m.milliseconds = latency(*built.model);
    m.clean = ask(*built.model, m_images.x);
    const SecretKey guess = SecretKey::forExperiment(m_context.seed(), "guess 1");
    m.wrongKey =
        ask(*keyedModel(built.trained.network, cipherOf(guess), m_base->card(), "wrong key"), m_images.x);
    m.noKey = ask(*keyedModel(built.trained.network, nullptr, m_base->card(), "no key"), m_images.x);
    m.fromBase = ask(*built.model, m_fromBase);
    {
        const torch::NoGradGuard off;
        const auto rebuilt = withDelta(*m_base->cloneNetwork(), built.trained.delta);
        const torch::Tensor x =
            cipher->encryptUnit(m_images.x.narrow(0, 0, std::min<std::int64_t>(8, m_images.size())));
        m.rebuilt = (rebuilt->forward(x) - built.trained.network->forward(x)).abs().max().item<double>();
    }
    return built;
}

void ProliferateRun::buildFleet()
{
    const Tuning tuning = tuningFromName(m_params.method);
    const std::string base = engine::weightsHash(engine::weightsOf(*m_base->cloneNetwork()));
    for (int k = 1; k <= m_params.devices; ++k) {
        const std::string name = "device-" + std::to_string(k);
        m_keys.push_back(SecretKey::forExperiment(m_context.seed(), name));
        m_fleet.push_back(build(name, "Device " + std::to_string(k), tuning, m_params.rank, m_keys.back()));
        const Built& device = m_fleet.back();
        m_results.devices.push_back(device.member);
        engine::TensorMap delta(device.trained.delta.begin(), device.trained.delta.end());
        delta["meta"] = reporting::jsonTensor({{"what", "delta of a keyed device"},
                                               {"version", 1},
                                               {"base", m_base->name()},
                                               {"base_sha256", base},
                                               {"method", m_params.method},
                                               {"rank", tuning == Tuning::Lora ? m_params.rank : 0},
                                               {"alpha", tuning == Tuning::Lora ? 2 * m_params.rank : 0},
                                               {"cipher", toJson(m_cipherSpec)},
                                               {"key_fingerprint", m_keys.back().fingerprint()}});
        m_context.artifact(name, delta);
        emitFleet();
    }
    FleetMember own = m_results.devices.front();
    own.name = tuning == Tuning::Lora ? "lora-r" + std::to_string(m_params.rank) : m_params.method;
    own.title = m_results.method;
    m_results.methods.push_back(std::move(own));
}

void ProliferateRun::compareMethods()
{
    const auto compare = [&](const std::string& name, const std::string& title, Tuning tuning, int rank) {
        const Built built = build(name, title, tuning, rank, m_keys.front());
        m_results.methods.push_back(built.member);
        FleetMember& m = m_results.methods.back();
        m.own = ask(*built.model, adversarial(*built.model, "Attack on " + name));
        m_context.figure(fleetMethods(m_results));
        m_context.table(fleetMethodsTable(m_results));
    };
    for (const std::string& name : m_params.methods) {
        const Tuning tuning = tuningFromName(name);
        compare(name, tuningTitles().at(static_cast<std::size_t>(tuning)), tuning, m_params.rank);
    }
    for (const int rank : m_params.ranks)
        compare("lora-r" + std::to_string(rank), fleetLora(rank), Tuning::Lora, rank);
}

void ProliferateRun::attackFleet()
{
    FleetResults& r = m_results;
    std::vector<torch::Tensor> rows;
    const std::int64_t shown = std::min(kFleetShown, r.size());
    std::vector<torch::Tensor> kept = {m_fromBase.narrow(0, 0, shown).cpu()};
    for (const Built& from : m_fleet) {
        m_fromDevice.push_back(adversarial(*from.model, "Attack on " + from.member.name));
        kept.push_back(m_fromDevice.back().narrow(0, 0, shown).cpu());
        std::vector<torch::Tensor> row;
        for (const Built& to : m_fleet)
            row.push_back(ask(*to.model, m_fromDevice.back()));
        rows.push_back(torch::stack(row));
    }
    r.transfer = torch::stack(rows);
    for (std::size_t i = 0; i < r.devices.size(); ++i)
        r.devices[i].own = r.transfer[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(i)];
    r.methods.front().own = r.devices.front().own;
    m_context.figure(fleetTransfer(r));
    m_context.table(fleetTransferTable(r));

    // The gallery: every example as every device sees it. Keys of experiments are no secrets.
    m_examples.clean = m_images.x.narrow(0, 0, shown).cpu();
    m_examples.adversarial = torch::stack(kept).to(torch::kFloat16);
    std::vector<torch::Tensor> seen;
    for (const torch::Tensor& x : kept) {
        std::vector<torch::Tensor> each;
        for (const SecretKey& key : m_keys)
            each.push_back(cipherOf(key)->encryptUnit(x.to(m_context.device())).cpu());
        seen.push_back(torch::stack(each));
    }
    m_examples.encrypted = torch::stack(seen).to(torch::kFloat16);

    std::vector<ModelPtr> guessed;
    std::vector<const models::Model*> pointers;
    for (int g = 1; g <= m_params.guesses; ++g) {
        const SecretKey key = SecretKey::forExperiment(m_context.seed(), "guess " + std::to_string(g));
        guessed.push_back(keyedModel(m_fleet.front().trained.network, cipherOf(key), m_base->card(),
                                     "guess " + std::to_string(g)));
        pointers.push_back(guessed.back().get());
    }
    r.guessed = ask(*m_fleet.front().model,
                    adversarial({pointers, attacks::Fusion::Probabilities}, "Attack by guessed keys"));

    r.squareImages = std::min<std::int64_t>(m_params.queryImages, r.size());
    if (r.squareImages == 0)
        return;
    const reporting::TestImages images = m_images.select(torch::arange(r.squareImages));
    attacks::Budget budget = m_params.attack.at(m_params.eps);
    budget.queries = m_params.queries;
    attacks::Context context{.seed = m_context.seed(), .hooks = m_context.attackHooks("Square on device-1")};
    context.stopWhenFooled = true;
    const ModelPtr& victim = m_fleet.front().model;
    r.square =
        ask(*victim,
            attacks::attacks().make("square")->run(*victim, images.x, images.y, budget, context).adversarial);
}

void ProliferateRun::attackStolen()
{
    FleetResults& r = m_results;
    const std::size_t d = m_fleet.size();
    // Powers of two, and all but one; each against the last and, with it, the first device.
    std::vector<std::size_t> counts;
    for (std::size_t m = 1; m < d; m *= 2)
        counts.push_back(m);
    if (d > 1 && counts.back() != d - 1)
        counts.push_back(d - 1);
    const std::vector<std::size_t> victims = {d - 1, 0};
    for (const std::size_t count : counts) {
        std::vector<torch::Tensor> classes;
        for (const std::size_t victim : victims) {
            std::vector<const models::Model*> stolen;
            for (std::size_t k = 1; k <= count; ++k)
                stolen.push_back(m_fleet[(victim + k) % d].model.get());
            const torch::Tensor x =
                count == 1 ? m_fromDevice[(victim + 1) % d]
                           : adversarial({stolen, attacks::Fusion::Logits},
                                         "Attack by " + std::to_string(count) + " stolen devices");
            classes.push_back(ask(*m_fleet[victim].model, x));
        }
        r.stolen.push_back({count, torch::cat(classes)});
    }
    if (r.stolen.empty())
        return;
    m_context.figure(fleetStolen(r));
    m_context.table(fleetStolenTable(r));
}

void ProliferateRun::permuteStems()
{
    const bool fits = (m_cipherSpec.scheme == Scheme::Shf || m_cipherSpec.scheme == Scheme::Np) &&
                      m_parts.patch == m_parts.stride && m_parts.patch == m_cipherSpec.block;
    if (!m_params.permutedStem || !fits) {
        if (m_params.permutedStem)
            m_context.log("The key-permuted first layer is left out: it needs SHF or NP with blocks as large "
                          "as the first layer's patches.");
        return;
    }
    constexpr int kPermuted = 2;
    FleetResults& r = m_results;
    std::vector<ModelPtr> devices;
    std::vector<torch::Tensor> clean, rows;
    const torch::Tensor base = models::logitsChunked(*m_base, m_images.x);
    for (int k = 1; k <= kPermuted; ++k) {
        const SecretKey key = SecretKey::forExperiment(m_context.seed(), "permuted " + std::to_string(k));
        const auto network = m_base->cloneNetwork();
        absorbKey(*network, m_parts, m_cipherSpec, key, m_base->card().input);
        devices.push_back(
            keyedModel(network, cipherOf(key), m_base->card(), "permuted-" + std::to_string(k)));
        const torch::Tensor logits = models::logitsChunked(*devices.back(), m_images.x);
        r.permutedGap = std::max(r.permutedGap, (logits - base).abs().max().item<double>());
        clean.push_back(logits.argmax(1).cpu());
    }
    for (const ModelPtr& from : devices) {
        const torch::Tensor x = adversarial(*from, "Attack on " + from->name());
        std::vector<torch::Tensor> row;
        for (const ModelPtr& to : devices)
            row.push_back(ask(*to, x));
        rows.push_back(torch::stack(row));
    }
    r.permutedDevices = kPermuted;
    r.permutedClean = torch::stack(clean);
    r.permutedTransfer = torch::stack(rows);
    m_context.figure(fleetPermuted(r));
    m_context.log("Devices with key-permuted first layers cost nothing and share one function: their "
                  "adversarial examples carry over in full. They are no defence between devices.",
                  protocol::LogLevel::Warning);
}

void ProliferateRun::revokeFirst()
{
    if (!m_params.revoke)
        return;
    const SecretKey key = SecretKey::forExperiment(m_context.seed(), "device-1 renewed");
    const Built built =
        build("device-1-renewed", "Device 1, renewed", tuningFromName(m_params.method), m_params.rank, key);
    m_results.revoked = true;
    m_results.renewed = built.member;
    m_results.oldOnNew = ask(*built.model, m_fromDevice.front());
}

void ProliferateRun::emitFleet()
{
    m_context.table(fleetDevices(m_results));
    m_context.table(fleetAccuracy(m_results));
}

void ProliferateRun::finish()
{
    emitFleet();
    m_context.figure(fleetMethods(m_results));
    m_context.figure(fleetMethodBars(m_results));
    m_context.figure(fleetThreats(m_results));
    m_context.table(fleetMethodsTable(m_results));
    if (m_results.methods.size() > 1)
        m_context.table(fleetPairs(m_results));
    const auto claims = fleetClaims(m_results);
    m_context.table(claimsTable(claims, "At ε = " + reporting::shortText(m_results.eps) + ", of " +
                                            std::to_string(m_results.size()) +
                                            " test images; intervals stand in the other tables."));
    for (const KeyedClaim& claim : claims)
        if (!claim.holds)
            m_context.log("Does not hold in this run: " + claim.claim + ". Found: " + claim.found,
                          protocol::LogLevel::Warning);
    for (protocol::Metric& metric : fleetMetrics(m_results))
        m_context.metric(std::move(metric));
    m_context.artifact("outcomes", toTensors(m_results));
    m_context.artifact("examples", {{"clean", m_examples.clean},
                                    {"adversarial", m_examples.adversarial},
                                    {"encrypted", m_examples.encrypted}});
    m_context.images(fleetGallery(m_results, m_examples, m_params));
}

} // namespace assay::encryption
