#include "plugins/backdoor/unlearn_run.h"

#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

/// Of the defender's images, kept for searching and stopping.
constexpr double kHeldShare = 1.0 / 3;
torch::Tensor unlearnRows(const torch::Tensor& mask)
{
    return mask.nonzero().squeeze(1);
}

torch::Tensor unitWeights(const models::ProbedLayer& layer)
{
    const torch::Tensor weight = layer.weight.flatten(1);
    return layer.normWeight.defined() ? weight * layer.normWeight.unsqueeze(1) : weight;
}

} // namespace

UnlearnRun::UnlearnRun(engine::RunContext& context, UnlearnParams params)
    : m_context(context)
    , m_params(std::move(params))
{}

void UnlearnRun::stage(const std::string& text)
{
    m_context.checkpoint();
    m_context.progress(m_done, m_total, text);
}

void UnlearnRun::execute()
{
    openInputs();
    const auto methods = static_cast<double>(m_params.baselines.size());
    m_total = m_params.seeds * (3 + methods) + 1;
    for (int seed = 0; seed < m_params.seeds; ++seed) {
        const DefenderDraw images = draw(seed);
        runEdit(seed, images);
        for (const std::string& baseline : m_params.baselines) {
            if (needsTrigger(baseline) && !m_results.knowsTrigger)
                m_context.log(unlearnTitle(baseline) + " is left out: it needs the trigger.");
            else
                runBaselineOf(baseline, seed, images);
            ++m_done;
        }
        measureCurves(seed, images);
    }
    emit();
}

void UnlearnRun::openInputs()
{
    m_suspect = openSuspect(m_context, m_params.model, m_params.dataset);
    const data::Dataset& set = *m_suspect.set;
    m_results.classes = set.info().classes;
    chooseTarget();
    const auto& input = m_suspect.model->card().input;
    m_trigger = std::make_unique<const poisoning::Trigger>(m_results.poison.trigger, input.channels,
                                                           input.height, input.width);
    m_shares = shareTest(m_context, set, m_params.defender, m_params.count);
    m_results.ids = m_shares.judged;
    m_results.y = set.labels(data::Split::Test).index_select(0, m_shares.judged);
    m_clean = imagesOf(m_shares.judged);
    m_triggered = m_trigger->stamp(m_clean);
    m_original = m_suspect.model->cloneNetwork();
    const Subject subject = freshSubject();
    layersNamed(subject.layers, m_params.layers, m_suspect.model->name());
    for (const models::ProbedLayer& layer : subject.layers)
        m_originalUnits.push_back(unitWeights(layer).clone());
}

void UnlearnRun::chooseTarget()
{
    const bool stated = !m_params.target.empty();
    const bool card = m_suspect.planted.has_value();
    m_results.knowsTrigger = m_params.knowledge != "none";
    if (m_params.knowledge == "card" && !card)
        throw Error("its card says nothing of a backdoor", m_suspect.model->name(),
                    "State the trigger and the target class, or say that the target class alone is known.");
    const bool useCard = card && m_params.knowledge != "stated";
    if (!useCard && !stated)
        throw Error("no target class is given", "target", "Name the class that the backdoor leads to.");
    if (useCard) {
        m_results.poison = *m_suspect.planted;
    } else {
        m_results.poison.trigger = triggerOf(m_context, m_params.trigger);
        m_results.poison.target = classNamed(m_results.classes, m_params.target, "target");
    }
    if (m_results.poison.labels == poisoning::LabelMode::AllToAll)
        throw Error("its backdoor leads every class to another, and unlearning needs one target class",
                    m_suspect.model->name(), "Choose a model with a backdoor to one class.");
    m_target = stated && m_params.knowledge != "card"
                   ? classNamed(m_results.classes, m_params.target, "target")
                   : m_results.poison.target;
}

torch::Tensor UnlearnRun::imagesOf(const torch::Tensor& ids) const
{
    return m_suspect.set->images(data::Split::Test, ids, m_context.device());
}

DefenderDraw UnlearnRun::draw(int seed) const
{
    const torch::Tensor order =
        torch::randperm(m_shares.defender.numel(),
                        m_context.generator("unlearn draw " + std::to_string(seed)), torch::kInt64);
    const torch::Tensor ids = m_shares.defender.index_select(0, order);
    const torch::Tensor y = m_suspect.set->labels(data::Split::Test).index_select(0, ids);
    const auto n = ids.numel();
    const auto rest = n - static_cast<std::int64_t>(static_cast<double>(n) * kHeldShare);
    torch::Tensor repaired = torch::zeros({n}, torch::kBool);
    for (std::int64_t c = 0; c < m_results.classCount(); ++c) {
        const torch::Tensor own = unlearnRows(y.narrow(0, 0, rest) == c);
        repaired.index_fill_(0, own.narrow(0, 0, std::min<std::int64_t>(own.numel(), m_params.repairImages)),
                             true);
    }
    const torch::Tensor first = torch::arange(n) < rest;
    const auto idsWhere = [&](const torch::Tensor& mask) { return ids.masked_select(mask).contiguous(); };
    const auto lesson = [&](const torch::Tensor& mask) {
        return Lesson{imagesOf(idsWhere(mask)), y.masked_select(mask).to(m_context.device())};
    };
    const torch::Tensor pool = first & repaired.logical_not();
    DefenderDraw images;
    images.contrastPool = idsWhere(pool & (y != m_target));
    images.forgetPool = m_results.knowsTrigger ? images.contrastPool : idsWhere(pool & (y == m_target));
    if (images.contrastPool.numel() == 0 || images.forgetPool.numel() == 0)
        throw Error("none are left to edit by: of " + std::to_string(n) + " images a third is held out and " +
                        std::to_string(m_params.repairImages) + " of each class are for repair",
                    "defender", "Give the defender more images, or repair with fewer.");
    images.repair = lesson(repaired);
    images.held = lesson(first.logical_not());
    images.heldTarget = imagesOf(idsWhere(first.logical_not() & (y == m_target)));
    if (m_results.knowsTrigger) {
        images.repairTriggered = {m_trigger->stamp(images.repair.x), images.repair.y};
        images.heldTriggered = m_trigger->stamp(imagesOf(idsWhere(first.logical_not() & (y != m_target))));
    }
    return images;
}

torch::Tensor UnlearnRun::forgetImages(const DefenderDraw& draw, std::int64_t n) const
{
    const torch::Tensor x = imagesOf(draw.forgetPool.narrow(0, 0, std::min(n, draw.forgetPool.numel())));
    return m_results.knowsTrigger ? m_trigger->stamp(x) : x;
}

torch::Tensor UnlearnRun::contrastImages(const DefenderDraw& draw, std::int64_t n) const
{
    return imagesOf(draw.contrastPool.narrow(0, 0, std::min(n, draw.contrastPool.numel())));
}

UnlearnRun::Subject UnlearnRun::copyOf(const models::Network& network) const
{
    Subject subject;
    subject.network = network.copy();
    subject.layers = models::probeLayers(*subject.network, m_clean.narrow(0, 0, 1));
    return subject;
}

UnlearnRun::Subject UnlearnRun::freshSubject() const
{
    return copyOf(*m_original);
}

models::ModelCard UnlearnRun::editedCard(const std::string& name, const std::string& stage) const
{
    models::ModelCard card = m_suspect.model->card();
    card.title = card.title + ", " + name;
    card.summary = "Its backdoor unlearned by editing weights along activations.";
    card.testAccuracy.reset();
    std::vector<std::string> layers;
    for (const UnlearnLayer& layer : m_results.layers)
        if (layer.edited)
            layers.push_back(layer.name);
    card.recipe["edit"] = {{"study", "backdoor.unlearn"},
                           {"of", m_suspect.model->name()},
                           {"stage", stage},
                           {"knowledge", m_params.knowledge},
                           {"target", m_target},
                           {"layers", layers},
                           {"guidance", m_params.guidance},
                           {"rule", m_params.rule},
                           {"alpha", m_results.alpha},
                           {"biases", m_params.biases},
                           {"samples", m_params.samples},
                           {"seed", m_context.seed()}};
    if (stage == "repaired")
        card.recipe["edit"]["repair"] = {{"images_per_class", m_params.repairImages},
                                         {"epochs", m_params.repairEpochs},
                                         {"rate", m_params.repairRate},
                                         {"layers", m_params.repairLayers},
                                         {"triggered", m_results.knowsTrigger}};
    return card;
}

std::shared_ptr<const models::Model>
UnlearnRun::modelOf(const models::Network& network, const std::string& name, const std::string& stage) const
{
    models::ModelCard card = editedCard(name, stage);
    card.name = name;
    return std::make_shared<const models::Model>(network.copy(), std::move(card));
}

void UnlearnRun::judge(const models::Network& network, torch::Tensor& clean, torch::Tensor& triggered) const
{
    const models::Model model(network.copy(), m_suspect.model->card());
    clean = models::predict(model, m_clean);
    m_context.checkpoint();
    triggered = models::predict(model, m_triggered);
}

BackdoorRates UnlearnRun::ratesOf(const models::Network& network) const
{
    torch::Tensor clean, triggered;
    judge(network, clean, triggered);
    return backdoorRates(clean, triggered, m_results.y, m_results.poison, m_results.classCount());
}

std::vector<UnitState> UnlearnRun::unitStates(const Subject& subject, const Work& work) const
{
    const auto forget = layerActivity(*subject.network, subject.layers, work.forget);
    const auto contrast = layerActivity(*subject.network, subject.layers, work.contrast);
    std::vector<UnitState> states;
    for (std::size_t l = 0; l < subject.layers.size(); ++l) {
        const torch::Tensor before = m_originalUnits[l];
        const torch::Tensor change =
            (unitWeights(subject.layers[l]) - before).norm(2, 1) / before.norm(2, 1).clamp_min(1e-12);
        states.push_back(
            {(forget[l].output - contrast[l].output).cpu().contiguous(), change.cpu().contiguous()});
    }
    return states;
}

void UnlearnRun::record(Work& work, Subject& subject, const std::string& stage, int step)
{
    if (work.seed != 0)
        return;
    work.clock.stop();
    UnlearnStep now;
    now.method = work.method;
    now.stage = stage;
    now.step = step;
    now.images = work.images;
    now.seconds = stage == "start" ? 0 : work.clock.seconds();
    judge(*subject.network, now.clean, now.triggered);
    now.units = unitStates(subject, work);
    m_results.steps.push_back(std::move(now));
    work.clock.start();
}

void UnlearnRun::recordStart(Work& work, Subject& subject)
{
    const auto start = std::ranges::find(m_results.steps, "start", &UnlearnStep::stage);
    if (work.seed != 0 || start == m_results.steps.end()) {
        record(work, subject, "start", 0);
        return;
    }
    UnlearnStep same = *start;
    same.method = work.method;
    m_results.steps.push_back(std::move(same));
    work.clock.start();
}

UnlearnCalls UnlearnRun::callsFor(Work& work, Subject& subject)
{
    UnlearnCalls calls;
    calls.checkpoint = [this] { m_context.checkpoint(); };
    calls.step = [this, &work, &subject](const char* stage, int step) {
        record(work, subject, stage, step);
        return false;
    };
    return calls;
}

void UnlearnRun::finish(Work& work, const Subject& subject, const std::string& method)
{
    work.clock.stop();
    m_results.outcomes.push_back(
        {method, work.seed, ratesOf(*subject.network), work.clock.seconds(), work.images});
    work.clock.start();
}

void UnlearnRun::runBaselineOf(const std::string& baseline, int seed, const DefenderDraw& draw)
{
    stage(unlearnTitle(baseline));
    const models::SingleThread one;
    Subject subject = freshSubject();
    Work work{.method = baseline, .seed = seed, .draw = &draw};
    work.forget = forgetImages(draw, m_params.samples);
    work.contrast = contrastImages(draw, m_params.samples);
    BaselineInputs inputs{
        .clean = draw.repair,
        .triggered = draw.repairTriggered,
        .forget = work.forget,
        .held = draw.held,
        .target = m_target,
        .lesson = {.epochs = m_params.baselineEpochs, .learningRate = m_params.baselineRate},
        .pruned = m_params.pruned,
        .attention = m_params.attention,
        .anpSteps = m_params.anpSteps,
        .ibauRounds = m_params.ibauRounds};
    const UnlearnCalls calls = callsFor(work, subject);
    recordStart(work, subject);
    work.images =
        baseline == "gradient-ascent" ? inputs.forget.size(0) + inputs.held.size() : inputs.clean.size();
    work.clock = MethodClock();
    runBaseline(baseline, *subject.network, subject.layers, inputs,
                m_context.generator("unlearn " + baseline + " " + std::to_string(seed)), calls);
    finish(work, subject, baseline);
}

} // namespace assay::backdoor
