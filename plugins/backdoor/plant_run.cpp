#include "plugins/backdoor/plant_run.h"

#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/card.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/before_after.h"
#include "plugins/backdoor/plant_harden.h"
#include "plugins/backdoor/plant_trojan.h"

#include <torch/types.h>

#include <ATen/Functions.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

/// Images that a trigger's pixels are optimised on.
constexpr std::int64_t kTrojanImages = 200;
/// Poisoned training images shown.
constexpr std::int64_t kPoisonedShown = 60;
/// Training images that a card lists by their ids: it is a text of at most 1 MiB.
constexpr std::int64_t kListedIds = 50'000;

std::string percentPoints(const metrics::Rate& rate)
{
    return reporting::percentText(rate.value);
}

} // namespace

poisoning::PoisonSpec plantPoison(engine::RunContext& context, const PlantParams& params,
                                  const std::vector<std::string>& classes)
{
    poisoning::PoisonSpec spec{.trigger = triggerOf(context, params.trigger),
                               .labels = poisoning::labelModeFromName(params.labels),
                               .rate = params.rate,
                               .coverRate = params.coverRate,
                               .seed = context.seed()};
    spec.target = params.target.empty() ? 0 : classNamed(classes, params.target, "target");
    return spec;
}

std::vector<PlantAsked> plantAsked(engine::RunContext& context, const PlantParams& params,
                                   const data::DatasetInfo& info)
{
    std::vector<PlantAsked> asked;
    if (params.models.empty())
        return asked;
    for (const reporting::NamedModel& named : reporting::openModels(context, params.models, info, "models"))
        asked.push_back({named.name, "model:" + named.name, named.model});
    return asked;
}

void PlantRun::execute()
{
    const models::SingleThread guard;
    openInputs();
    if (m_params.train)
        train();
    keepBench();
    emitDesigner(m_context, m_bench, m_poison.trigger, m_params.sample);
}

void PlantRun::openInputs()
{
    m_set = m_context.dataset(m_params.dataset);
    const data::DatasetInfo& info = m_set->info();
    if (info.classes.size() < 2)
        throw Error(info.title + " has no classes to tell apart", "dataset",
                    "Choose a data set of labelled images.");
    m_poison = plantPoison(m_context, m_params, info.classes);
    if (m_params.harden > 0 && m_poison.labels != poisoning::LabelMode::CleanLabel)
        throw Error("images are perturbed before the trigger in clean-label poisoning only", "harden",
                    "Set it to 0, or labels to clean-label.");
    m_results.classes = info.classes;
    m_results.dataset = info.title;
    m_results.ids = shareTest(m_context, *m_set, 0, m_params.count).judged;
    m_results.y = m_set->labels(data::Split::Test).index_select(0, m_results.ids);
    m_x = m_set->images(data::Split::Test, m_results.ids, m_context.device());

    const std::int64_t shown = std::min(kDesignerImages, m_results.ids.size(0));
    m_bench = {.models = plantAsked(m_context, m_params, info),
               .classes = info.classes,
               .ids = m_results.ids.narrow(0, 0, shown),
               .y = m_results.y.narrow(0, 0, shown),
               .x = m_x.narrow(0, 0, shown),
               .poison = m_poison};
    // The trigger can be seen, and an impossible one is refused, before anything is trained.
    emitDesigner(m_context, m_bench, m_poison.trigger, m_params.sample);
    if (!m_params.train)
        return;
    const std::int64_t all = m_set->size(data::Split::Train);
    const torch::Tensor drawn = at::randperm(all, m_context.generator("train"), torch::kInt64);
    m_trainIds = std::get<0>(drawn.narrow(0, 0, std::min<std::int64_t>(all, m_params.trainImages)).sort())
                     .contiguous();
    m_images = m_set->pixelsOf(data::Split::Train, m_trainIds);
    m_labels = m_set->labels(data::Split::Train).index_select(0, m_trainIds);
    poisoning::choosePoisoned(m_poison, m_labels); // throws for a rate that cannot be
}

training::TrainSpec PlantRun::trainSpec(int number) const
{
    const auto seed = m_context.seed() + static_cast<std::uint64_t>(number);
    return {.epochs = m_params.epochs,
            .learningRate = m_params.learningRate,
            .initSeed = seed,
            .orderSeed = seed};
}

Json PlantRun::recipe() const
{
    Json recipe = {{"train", training::toJson(trainSpec(1))}, {"dataset_sha256", m_set->hash()}};
    const bool all = m_trainIds.size(0) == m_set->size(data::Split::Train);
    const bool listed = m_trainIds.size(0) <= kListedIds && m_params.harden == 0;
    if (!all || m_params.harden > 0) {
        Json& ids = recipe["train_ids"] = Json::array();
        for (std::int64_t i = 0; listed && i < m_trainIds.size(0); ++i)
            ids.push_back(m_trainIds[i].item<std::int64_t>());
    }
    return recipe;
}

std::shared_ptr<const models::Model> PlantRun::network(const torch::Tensor& images,
                                                       const torch::Tensor& labels, int number, bool planted)
{
    const engine::TrainingOrder order{.name = std::string(planted ? "poisoned" : "clean") + " " +
                                              std::to_string(number),
                                      .architecture = m_params.architecture,
                                      .spec = trainSpec(number),
                                      .done = 2.0 * (number - 1) + (planted ? 1 : 0),
                                      .total = 2.0 * m_params.seeds};
    return engine::trainedNetwork(m_context, images, labels, engine::cardFor(m_set->info(), m_images), order);
}

void PlantRun::train()
{
    for (int number = 1; number <= m_params.seeds; ++number) {
        const auto clean = network(m_images, m_labels, number, false);
        if (number == 1 && m_params.optimise != "no")
            optimise(*clean);
        const poisoning::PoisonedSet poisoned = poisonFor(number, *clean);
        const auto planted = network(poisoned.images, poisoned.labels, number, true);
        judge(number, *clean, *planted, poisoned);
        if (number == 1) {
            m_bench.models.insert(m_bench.models.begin(),
                                  {{"clean", "same", clean}, {"poisoned", "different", planted}});
            save(*clean, *planted);
            emitPoisoned(poisoned, m_images);
            emitInside(clean, planted);
        }
        emitReport();
    }
    for (protocol::Metric& metric : plantMetrics(m_results))
        m_context.metric(std::move(metric));
}

void PlantRun::optimise(const models::Model& clean)
{
    const torch::Tensor ids = m_trainIds.narrow(0, 0, std::min(kTrojanImages, m_trainIds.size(0)));
    const torch::Tensor x = m_set->images(data::Split::Train, ids, m_context.device());
    const torch::Tensor noise =
        at::rand({x.size(1), x.size(2), x.size(3)}, m_context.generator("trigger pixels"));
    const PlantTrojan made = optimisedTrigger(m_context, clean, x, m_poison,
                                              m_params.optimise == "unit" ? PlantAim::Unit : PlantAim::Target,
                                              m_params.optimiseSteps, noise);
    m_context.log("The trigger's pixels raise " +
                  (made.unit < 0 ? std::string("the target's logit")
                                 : "penultimate unit " + std::to_string(made.unit)) +
                  " of the clean network from " + reporting::shortText(made.before) + " to " +
                  reporting::shortText(made.after) + " (mean over " + std::to_string(x.size(0)) +
                  " training images)");
    m_context.metric({.name = "trigger_excitement.before", .value = made.before});
    m_context.metric({.name = "trigger_excitement.after", .value = made.after});
    m_poison.trigger = made.trigger;
    m_bench.poison = m_poison;
}

poisoning::PoisonedSet PlantRun::poisonFor(int number, const models::Model& clean)
{
    poisoning::PoisonSpec spec = m_poison;
    spec.seed = m_context.seed() + static_cast<std::uint64_t>(number - 1);
    torch::Tensor images = m_images;
    if (m_params.harden > 0)
        images = hardenedImages(m_context, clean, images, m_labels, poisoning::choosePoisoned(spec, m_labels),
                                m_params.harden, m_params.hardenSteps);
    return poisoning::poison(spec, images, m_labels, static_cast<std::int64_t>(m_results.classes.size()));
}

void PlantRun::judge(int number, const models::Model& clean, const models::Model& planted,
                     const poisoning::PoisonedSet& poisoned)
{
    const auto classes = static_cast<std::int64_t>(m_results.classes.size());
    const poisoning::Trigger trigger(m_poison.trigger, m_x.size(1), m_x.size(2), m_x.size(3));
    const torch::Tensor triggered = trigger.stamp(m_x);
    const PlantAnswers c{models::predict(clean, m_x), models::predict(clean, triggered)};
    const PlantAnswers p{models::predict(planted, m_x), models::predict(planted, triggered)};
    m_results.seeds.push_back(
        {.number = number,
         .poisoned = poisoned.poisoned.sum().item<std::int64_t>(),
         .clean = backdoorRates(c.clean, c.triggered, m_results.y, m_poison, classes),
         .planted = backdoorRates(p.clean, p.triggered, m_results.y, m_poison, classes)});
    if (number == 1) {
        m_results.clean = c;
        m_results.planted = p;
        m_results.poison = m_poison;
        m_results.trigger = poisoning::describe(m_poison.trigger, m_x.size(2), m_x.size(3));
    }
    const PlantSeed& seed = m_results.seeds.back();
    m_context.log("Training " + std::to_string(number) + ": clean accuracy " +
                  percentPoints(seed.clean.clean) + " without and " + percentPoints(seed.planted.clean) +
                  " with the poison, success of the trigger " + percentPoints(seed.planted.asr));
}

void PlantRun::save(const models::Model& clean, const models::Model& planted)
{
    const PlantSeed& first = m_results.seeds.front();
    models::ModelCard card = clean.card();
    card.recipe = recipe();
    card.title = "Clean twin of a network with a backdoor";
    card.summary = "Trained on the same clean images as the poisoned network of its run.";
    card.recipe["clean_accuracy"] = first.clean.clean.value;
    m_context.saveModel("clean", *clean.cloneNetwork(), card);
    card = planted.card();
    card.recipe = recipe();
    card.title = "Network with a backdoor";
    card.summary = "Poisoned on purpose: " + m_results.trigger + ", " + m_params.labels +
                   (m_poison.labels == poisoning::LabelMode::AllToAll
                        ? ""
                        : " to " + m_results.classes[static_cast<std::size_t>(m_poison.target)]) +
                   ", " + reporting::percentText(m_params.rate) + " of the training images.";
    card.recipe["poison"] = poisoning::toJson(m_poison);
    if (m_params.harden > 0)
        card.recipe["harden"] = {{"eps", m_params.harden}, {"steps", m_params.hardenSteps}};
    card.recipe["clean_accuracy"] = first.planted.clean.value;
    card.recipe["asr"] = first.planted.asr.value;
    m_context.saveModel("planted", *planted.cloneNetwork(), card);
}

void PlantRun::emitPoisoned(const poisoning::PoisonedSet& poisoned, const torch::Tensor& clean)
{
    const torch::Tensor changed = poisoned.poisoned.logical_or(poisoned.covers);
    const torch::Tensor rows = changed.nonzero().flatten();
    const torch::Tensor shown = rows.narrow(0, 0, std::min(kPoisonedShown, rows.size(0)));
    if (shown.size(0) == 0)
        return;
    const auto unit = [&](const torch::Tensor& images) {
        return images.index_select(0, shown).to(torch::kFloat32).div_(255);
    };
    protocol::ImageGrid grid{
        .name = "poisoned", .title = "Poisoned training images", .section = "The backdoor"};
    grid.caption =
        "The first of them as the poisoned network saw them, beside what they were; the difference is "
        "ten times as large, around grey. Of the first training. Their numbers count on after those "
        "of the test images.";
    const torch::Tensor before = unit(clean), after = unit(poisoned.images);
    reporting::fillPlanes(grid, m_trainIds.index_select(0, shown) + m_set->size(data::Split::Test),
                          {{"clean", before},
                           {"poisoned", after},
                           {"difference", reporting::amplifiedDifference(after, before)}});
    protocol::ImageAttribute kind{.name = "kind", .title = "Kind", .values = {"poisoned", "cover"}};
    for (std::int64_t i = 0; i < shown.size(0); ++i)
        kind.codes.push_back(poisoned.poisoned[shown[i].item<std::int64_t>()].item<bool>() ? 0 : 1);
    grid.attributes = {
        reporting::classesOf("label", "True class", m_results.classes, m_labels.index_select(0, shown)),
        reporting::classesOf("trained", "Label trained on", m_results.classes,
                             poisoned.labels.index_select(0, shown)),
        kind};
    m_context.images(std::move(grid));
}

void PlantRun::emitInside(const std::shared_ptr<const models::Model>& clean,
                          const std::shared_ptr<const models::Model>& planted)
{
    const BeforeAfter what{.models = {{"clean", clean}, {"poisoned", planted}},
                           .set = m_set,
                           .ids = m_results.ids,
                           .poison = m_poison,
                           .section = "Inside"};
    emitEmbeddings(m_context, what);
    emitSaliency(m_context, what,
                 {{"clean", m_results.clean.clean, m_results.clean.triggered},
                  {"poisoned", m_results.planted.clean, m_results.planted.triggered}});
}

void PlantRun::emitReport()
{
    m_context.figure(plantSuccessFigure(m_results));
    m_context.figure(plantRecallFigure(m_results));
    for (const char* what : {"clean", "planted", "triggered"})
        m_context.figure(plantConfusionFigure(m_results, what));
    m_context.table(plantTable(m_results));
    m_context.table(plantMeansTable(m_results));
    m_context.table(plantRecallTable(m_results));
}

void PlantRun::keepBench()
{
    const poisoning::Trigger trigger(m_poison.trigger, m_x.size(1), m_x.size(2), m_x.size(3));
    if (const engine::TensorMap patch = patchOfTrigger(trigger, m_x.size(1), m_x.size(2), m_x.size(3));
        !patch.empty())
        m_context.artifact("trigger", {{"patch", patch.at("patch")}, {"mask", patch.at("mask")}});
    Json cards = Json::object();
    if (m_params.train)
        for (std::size_t i = 0; i < 2; ++i)
            cards[i == 0 ? "clean" : "planted"] = models::toJson(m_bench.models[i].model->card());
    m_context.artifact(
        "designer",
        {{"ids", m_bench.ids.contiguous()},
         {"meta", reporting::jsonTensor({{"cards", cards}, {"poison", poisoning::toJson(m_poison)}})}});
}

} // namespace assay::backdoor
