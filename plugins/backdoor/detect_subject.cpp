#include "plugins/backdoor/detect_subject.h"

#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <ATen/Functions.h>
#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

/// A trigger that reaches its target less often is none of the model's.
constexpr double kLeastReached = 0.1;

torch::Tensor idsOfDomains(const data::Dataset& set, data::Split split, const Json& recipe)
{
    const auto domains = recipe.value("domains", std::vector<std::string>());
    const data::Attribute* domain = set.samples(split).find("domain");
    if (domains.empty() || !domain)
        return torch::arange(set.size(split), torch::kInt64);
    torch::Tensor chosen = torch::zeros({set.size(split)}, torch::kBool);
    for (std::size_t v = 0; v < domain->values.size(); ++v)
        if (std::ranges::find(domains, domain->values[v]) != domains.end())
            chosen |= domain->codes == static_cast<std::int64_t>(v);
    return chosen.nonzero().flatten();
}

/// Cards of the zoo say which images of which files were used; those of backdoor.plant list them.
torch::Tensor poisonedTrainIds(const data::Dataset& set, const Json& recipe)
{
    if (const auto listed = recipe.find("train_ids"); listed != recipe.end()) {
        const auto ids = listed->get<std::vector<std::int64_t>>();
        const torch::Tensor all = torch::tensor(ids, torch::kInt64);
        const bool fit = !ids.empty() && all.min().item<std::int64_t>() >= 0 &&
                         all.max().item<std::int64_t>() < set.size(data::Split::Train);
        return fit ? all : torch::Tensor();
    }
    if (recipe.value("dataset_sha256", std::string()) != set.hash() || !recipe.contains("train"))
        return {};
    const torch::Tensor ids = idsOfDomains(set, data::Split::Train, recipe);
    const auto count = recipe.at("train").value("train_count", std::int64_t(0));
    return count > 0 ? ids.narrow(0, 0, std::min(count, ids.size(0))) : ids;
}

poisoning::PoisonSpec statedPoison(engine::RunContext& context, const DetectParams& p,
                                   const data::DatasetInfo& info)
{
    poisoning::PoisonSpec spec{.trigger = triggerOf(context, p.trigger),
                               .labels = poisoning::labelModeFromName(p.labels)};
    if (spec.labels != poisoning::LabelMode::AllToAll)
        spec.target = classNamed(info.classes, p.target, "target");
    return spec;
}

DetectSubject openSubject(engine::RunContext& context, const protocol::ModelRef& ref, const DetectParams& p)
{
    DetectSubject subject{.suspect = openSuspect(context, ref, p.dataset),
                          .name = reporting::shownName(ref.name),
                          .trigger = {},
                          .poison = {},
                          .testIds = {},
                          .trainIds = {}};
    const data::Dataset& set = *subject.suspect.set;
    const Json& recipe = subject.suspect.model->card().recipe;
    if (p.knowledge == "stated") {
        subject.poison = statedPoison(context, p, set.info());
    } else if (subject.suspect.planted) {
        subject.poison = *subject.suspect.planted;
        subject.trainIds = poisonedTrainIds(set, recipe);
    } else {
        throw Error("the card tells of no backdoor", subject.name,
                    "Set 'knowledge' to \"stated\" and describe the trigger, or choose a poisoned model.");
    }
    subject.testIds = recipe.is_object() ? idsOfDomains(set, data::Split::Test, recipe)
                                         : torch::arange(set.size(data::Split::Test), torch::kInt64);
    subject.trigger = poisoning::triggerKindName(subject.poison.trigger.kind);
    return subject;
}

/// Test images with the trigger, until there are @p count to judge.
class TriggeredImages
{
public:
    TriggeredImages(const DetectSubject& subject, bool onlyReached)
        : m_subject(subject)
        , m_info(subject.suspect.set->info())
        , m_trigger(subject.poison.trigger, m_info.channels, m_info.height, m_info.width)
        , m_onlyReached(onlyReached)
    {}

    void collect(const torch::Tensor& candidates, std::int64_t count)
    {
        const data::Dataset& set = *m_subject.suspect.set;
        const auto classes = static_cast<std::int64_t>(m_info.classes.size());
        const torch::Tensor y = set.labels(data::Split::Test).index_select(0, candidates);
        const torch::Tensor rows = poisoning::countForAsr(m_subject.poison, y, classes).nonzero().flatten();
        const auto most = static_cast<std::int64_t>(static_cast<double>(count) / kLeastReached);
        const std::int64_t tries = std::min(rows.numel(), most);
        for (std::int64_t first = 0; first < tries && found < count; first += count) {
            const torch::Tensor some =
                candidates.index_select(0, rows.narrow(0, first, std::min(count, tries - first)));
            add(set, some, classes, count);
        }
    }

    std::vector<torch::Tensor> x, ids, y, classes; ///< parts
    std::int64_t found = 0, tried = 0, reached = 0;

private:
    void add(const data::Dataset& set, const torch::Tensor& some, std::int64_t classCount, std::int64_t count)
    {
        const models::Model& model = *m_subject.suspect.model;
        const torch::Tensor truth = set.labels(data::Split::Test).index_select(0, some);
        const torch::Tensor stamped = m_trigger.stamp(set.images(data::Split::Test, some, model.device()));
        const torch::Tensor said = models::predict(model, stamped);
        const torch::Tensor hit = said.eq(poisoning::wantedLabels(m_subject.poison, truth, classCount));
        tried += some.numel();
        reached += hit.sum().item<std::int64_t>();
        torch::Tensor rows = (m_onlyReached ? hit : torch::ones_like(hit)).nonzero().flatten();
        rows = rows.narrow(0, 0, std::min(rows.numel(), count - found));
        found += rows.numel();
        x.push_back(stamped.index_select(0, rows.to(stamped.device())));
        ids.push_back(some.index_select(0, rows));
        y.push_back(truth.index_select(0, rows));
        classes.push_back(said.index_select(0, rows));
    }

    const DetectSubject& m_subject;
    const data::DatasetInfo& m_info;
    poisoning::Trigger m_trigger;
    bool m_onlyReached;
};

/// Part of the training set as the model got it.
DetectJudged trainingImagesOf(engine::RunContext& context, const DetectSubject& subject, std::int64_t count,
                              const std::string& stream)
{
    const data::Dataset& set = *subject.suspect.set;
    const torch::Tensor labels = set.labels(data::Split::Train).index_select(0, subject.trainIds);
    const auto classes = static_cast<std::int64_t>(set.info().classes.size());
    const poisoning::PoisonedSet poisoned = poisoning::poison(
        subject.poison, set.pixelsOf(data::Split::Train, subject.trainIds), labels, classes);
    const torch::Tensor order = at::randperm(labels.numel(), context.generator(stream), torch::kInt64);
    const torch::Tensor rows = std::get<0>(order.narrow(0, 0, std::min(count, labels.numel())).sort());
    const torch::Tensor x = poisoned.images.index_select(0, rows).to(torch::kFloat32) / 255;
    return {.queries = {.x = x.to(subject.suspect.model->device()),
                        .ids = subject.trainIds.index_select(0, rows),
                        .labels = poisoned.labels.index_select(0, rows)},
            .poisoned = poisoned.poisoned.index_select(0, rows),
            .truth = labels.index_select(0, rows),
            .ofTraining = true};
}

DetectJudged mixed(const DetectSubject& subject, const torch::Tensor& clean, const TriggeredImages& triggered)
{
    const data::Dataset& set = *subject.suspect.set;
    const models::Model& model = *subject.suspect.model;
    const torch::Tensor x = set.images(data::Split::Test, clean, model.device());
    const auto both = [](const torch::Tensor& first, std::vector<torch::Tensor> rest) {
        rest.insert(rest.begin(), first);
        return torch::cat(rest);
    };
    const torch::Tensor poisoned = torch::cat(
        {torch::zeros({clean.numel()}, torch::kBool), torch::ones({triggered.found}, torch::kBool)});
    return {.queries = {.x = both(x, triggered.x),
                        .ids = both(clean, triggered.ids),
                        .labels = both(models::predict(model, x), triggered.classes)},
            .poisoned = poisoned,
            .truth = both(set.labels(data::Split::Test).index_select(0, clean), triggered.y)};
}

} // namespace

std::vector<DetectSubject> openSubjects(engine::RunContext& context, const DetectParams& params)
{
    std::vector<DetectSubject> subjects;
    for (const protocol::ModelRef& ref : params.models)
        subjects.push_back(openSubject(context, ref, params));
    const std::vector<DetectSubject> plain = subjects;
    for (DetectSubject& subject : subjects) {
        const auto same = std::ranges::count(plain, subject.trigger, &DetectSubject::trigger);
        if (same > 1)
            subject.trigger += " (" + subject.name + ")";
    }
    return subjects;
}

DetectDraw drawJudged(engine::RunContext& context, const DetectSubject& subject, const DetectParams& params,
                      int seed, bool training)
{
    const data::Dataset& set = *subject.suspect.set;
    const std::string stream = "detect." + std::to_string(seed);
    const std::int64_t all = subject.testIds.numel();
    const torch::Tensor order =
        subject.testIds.index_select(0, at::randperm(all, context.generator(stream), torch::kInt64));
    const std::int64_t known = std::min<std::int64_t>(params.defender, all / 3);
    const std::int64_t clean = std::min<std::int64_t>(params.count, (all - known) / 2);

    TriggeredImages triggered(subject, params.judge == "successful");
    triggered.collect(order.narrow(0, known + clean, all - known - clean), clean);
    const double reached = static_cast<double>(triggered.reached) / static_cast<double>(triggered.tried);
    if (triggered.found == 0 || (params.judge == "successful" && reached < kLeastReached))
        throw Error("only " + std::to_string(triggered.reached) + " of " + std::to_string(triggered.tried) +
                        " images with the trigger are taken for its target",
                    subject.name, "Set 'judge' to \"all\", or choose the trigger that the model knows.");
    DetectDraw draw;
    const torch::Tensor reference = order.narrow(0, 0, known).clone();
    draw.reference = {.x = set.images(data::Split::Test, reference, subject.suspect.model->device()),
                      .ids = reference,
                      .labels = set.labels(data::Split::Test).index_select(0, reference)};
    draw.test = mixed(subject, order.narrow(0, known, triggered.found).clone(), triggered);
    draw.tried = triggered.tried;
    draw.reached = triggered.reached;
    if (training && subject.trainIds.defined())
        draw.training = trainingImagesOf(context, subject, params.trainingImages, stream + ".train");
    return draw;
}

} // namespace assay::backdoor
