#include "plugins/backdoor/invert_run.h"

#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/training/trainer.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <thread>

namespace assay::backdoor {

namespace {

/// Images over which changes are compared.
constexpr std::int64_t kLikenessImages = 200;
/// Share of the progress that is the search, where unlearning follows.
constexpr double kSearchShare = 0.7;
constexpr int kTuneBatch = 32;

metrics::Rate takenFor(const torch::Tensor& predicted, const torch::Tensor& y, std::int64_t target)
{
    const torch::Tensor others = y.ne(target);
    return metrics::wilson(predicted.eq(target).logical_and(others).sum().item<std::int64_t>(),
                           others.sum().item<std::int64_t>());
}

InversionPlan inversionPlan(const InvertParams& p, std::uint64_t seed)
{
    return {.steps = p.steps,
            .batch = p.batch,
            .round = p.round,
            .learningRate = p.rate,
            .rule = {.success = p.success,
                     .first = p.lambda,
                     .factor = p.factor,
                     .patience = p.patience,
                     .earlyStop = p.earlyStop,
                     .stopPatience = 2 * p.patience},
            .seed = seed};
}

} // namespace

InvertRun::InvertRun(engine::RunContext& context, InvertParams params)
    : m_context(context)
    , m_params(std::move(params))
{}

void InvertRun::execute()
{
    const models::SingleThread single;
    openInputs();
    search();
    compare();
    if (m_params.unlearn)
        unlearn();
    m_context.figure(invertNormsFigure(m_results));
    m_context.figure(invertAnomalyFigure(m_results));
    m_context.figure(invertSuccessFigure(m_results));
    m_context.table(inversionTable(m_results));
    for (protocol::Figure& figure : invertSearchFigures(m_results))
        m_context.figure(std::move(figure));
    emitRecovered();
    emitExamples();
    keepArtifacts();
    emitScene();
    for (protocol::Metric& metric : invertMetrics(m_results))
        m_context.metric(std::move(metric));
}

void InvertRun::openInputs()
{
    m_suspect = openSuspect(m_context, m_params.model, m_params.dataset);
    const data::Dataset& set = *m_suspect.set;
    const data::DatasetInfo& info = set.info();
    const Shares shares = shareTest(m_context, set, m_params.defender, m_params.count);
    m_defender = set.images(data::Split::Test, shares.defender, m_context.device());
    m_ids = shares.judged;
    m_x = set.images(data::Split::Test, m_ids, m_context.device());
    m_y = set.labels(data::Split::Test).index_select(0, m_ids);
    m_results.model = reporting::shownName(m_params.model.name);
    m_results.classes = info.classes;
    if (m_suspect.planted) {
        m_planted.emplace(m_suspect.planted->trigger, info.channels, info.height, info.width);
        m_results.planted = poisoning::describe(m_suspect.planted->trigger, info.height, info.width);
        if (m_suspect.planted->labels != poisoning::LabelMode::AllToAll)
            m_results.target = m_suspect.planted->target;
    }
}

void InvertRun::search()
{
    std::vector<std::int64_t> targets(m_results.classes.size());
    for (std::size_t i = 0; i < targets.size(); ++i)
        targets[i] = std::int64_t(i);
    const double share = m_params.unlearn ? kSearchShare : 1;
    m_context.progress(0, 1, "Seeking triggers");
    const auto caller = std::this_thread::get_id();
    m_results.triggers = invertTriggers(
        *m_suspect.model, m_defender, targets, inversionPlan(m_params, m_context.seed()),
        {.checkpoint = [this] { m_context.checkpoint(); },
         .progress =
             [&](std::int64_t done, std::int64_t total) {
                 // Only the run's own thread may tell; it takes part in the search.
                 if (std::this_thread::get_id() == caller)
                     m_context.progress(share * double(done) / double(total), 1, "Seeking triggers");
             }});
    m_results.judge(m_params.threshold);
}

void InvertRun::compare()
{
    for (const InvertedTrigger& trigger : m_results.triggers) {
        m_context.checkpoint();
        m_results.asr.push_back(
            takenFor(models::predict(*m_suspect.model, withInverted(m_x, trigger)), m_y, trigger.target));
        if (m_planted)
            m_results.likeness.push_back(likenessOf(
                trigger, *m_planted, m_x.narrow(0, 0, std::min(kLikenessImages, m_x.size(0))).cpu()));
        if (!trigger.held)
            m_context.log("no trigger for " + m_results.classes[std::size_t(trigger.target)] +
                              " held the success asked for; its norm is that of the last step",
                          protocol::LogLevel::Warning);
    }
}

InvertUnlearned InvertRun::judged(const std::string& name, const models::Model& model,
                                  const InvertedTrigger& trigger)
{
    const torch::Tensor clean = models::predict(model, m_x);
    InvertUnlearned one{
        .name = name,
        .clean = metrics::wilson(clean.eq(m_y).sum().item<std::int64_t>(), m_y.size(0)),
        .recoveredAsr = takenFor(models::predict(model, withInverted(m_x, trigger)), m_y, trigger.target)};
    if (m_planted)
        one.planted = backdoorRates(clean, models::predict(model, m_planted->stamp(m_x)), m_y,
                                    *m_suspect.planted, std::int64_t(m_results.classes.size()));
    return one;
}

std::shared_ptr<const models::Model> InvertRun::tuned(const std::string& name, const torch::Tensor& images,
                                                      const torch::Tensor& labels, double done)
{
    const std::shared_ptr<models::Network> network = m_suspect.model->cloneNetwork();
    const training::TrainSpec spec{.epochs = m_params.epochs,
                                   .batch = kTuneBatch,
                                   .learningRate = m_params.unlearnRate,
                                   .orderSeed = m_context.seed() + 1,
                                   .initialise = false};
    training::TrainHooks hooks;
    hooks.checkpoint = [&] { m_context.checkpoint(); };
    hooks.progress = [&](std::int64_t at, std::int64_t all) {
        const double share = (1 - kSearchShare) / 2;
        m_context.progress(kSearchShare + share * (done + double(at) / double(all)), 1,
                           "Fine-tuning: " + name);
    };
    training::trainNetwork(*network, images, labels, spec, hooks);
    models::ModelCard card = m_suspect.model->card();
    card.title = card.name + ", " + name;
    card.summary = "Fine-tuned on clean images of which some carried a recovered trigger under true labels.";
    card.testAccuracy.reset();
    card.recipe["fine_tuned"] = {{"study", "backdoor.invert"},
                                 {"from", m_params.model.name},
                                 {"images", images.size(0)},
                                 {"stamped", name == "unlearned" ? m_params.stamped : 0},
                                 {"train", training::toJson(spec)}};
    if (name == "unlearned")
        m_context.saveModel(name, *network, card);
    return std::make_shared<models::Model>(network, std::move(card));
}

void InvertRun::unlearn()
{
    const data::Dataset& set = *m_suspect.set;
    const std::int64_t available = set.size(data::Split::Train);
    const std::int64_t count = std::min<std::int64_t>(m_params.unlearnImages, available);
    const torch::Tensor ids =
        torch::randperm(available, m_context.generator("unlearning images"), torch::kInt64)
            .narrow(0, 0, count);
    const torch::Tensor images = set.images(data::Split::Train, ids, torch::kCPU);
    const torch::Tensor labels = set.labels(data::Split::Train).index_select(0, ids);
    const InvertedTrigger& trigger = m_results.triggers[m_results.smallest()];
    torch::Tensor stamped = images.clone();
    // The ids are in random order, so that the first ones are a random part.
    const auto part = std::int64_t(std::llround(m_params.stamped * double(count)));
    stamped.narrow(0, 0, part).copy_(withInverted(images.narrow(0, 0, part), trigger));
    m_results.unlearned.push_back(judged("suspect", *m_suspect.model, trigger));
    m_results.unlearned.push_back(judged("fine-tuned", *tuned("fine-tuned", images, labels, 0), trigger));
    m_results.unlearned.push_back(judged("unlearned", *tuned("unlearned", stamped, labels, 1), trigger));
    m_context.figure(invertUnlearnFigure(m_results));
    m_context.table(invertUnlearnTable(m_results));
}

} // namespace assay::backdoor
