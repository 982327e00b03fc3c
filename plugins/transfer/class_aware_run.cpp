#include "plugins/transfer/class_aware_run.h"

#include "backend/attacks/registry.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/transfer/adversarial_sets.h"
#include "plugins/transfer/class_aware_figures.h"
#include "plugins/transfer/class_aware_gallery.h"
#include "plugins/transfer/input_checks.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace assay::transfer {

namespace {

/// Part of every cache key: raised when the same inputs would give other tensors.
constexpr int kClassAwareVersion = 1;
/// Images whose way through the attack is kept.
constexpr std::int64_t kTracedImages = 100;
/// Below this many images Wilson intervals of small rates are wider than the effects.
constexpr std::int64_t kSmallPool = 1000;

std::string attackText(const ClassAwareParams& p)
{
    const std::string norm = p.norm == "l2" ? "L2" : "L∞";
    const std::string aim = p.targeted ? "targeted " : "";
    const std::string title = attacks::attacks().info(p.attack).title;
    if (p.attack == "fgsm")
        return aim + title + ", " + norm;
    return aim + title + ", " + std::to_string(p.steps) + " steps, " + norm;
}

} // namespace

ClassAwareRun::ClassAwareRun(engine::RunContext& context, const ClassAwareParams& params)
    : m_context(context)
    , m_params(params)
{
    std::ranges::sort(m_params.eps);
    const auto repeated = std::ranges::unique(m_params.eps);
    m_params.eps.erase(repeated.begin(), repeated.end());
    m_results.eps = m_params.eps;
    m_results.attack = params.attack;
    m_results.attackText = attackText(params);
    m_results.norm = params.norm;
    m_results.targeted = params.targeted;
}

void ClassAwareRun::execute()
{
    openInputs();
    choosePool();
    // The shown source first, so that its figures appear early; the order changes no number.
    std::vector<std::size_t> order(m_results.sources.size());
    for (std::size_t s = 0; s < order.size(); ++s)
        order[s] = s;
    std::swap(order[0], order[viewedSource(m_results, m_params)]);
    for (const std::size_t s : order) {
        measureSimilarity(s);
        attackAll(s);
    }
    for (protocol::Metric& metric : resultMetrics(m_results))
        m_context.metric(std::move(metric));
    m_context.artifact("outcomes", toTensors(m_results));
}

void ClassAwareRun::openInputs()
{
    if (m_params.targeted && !attacks::attacks().info(m_params.attack).targeted)
        throw Error("attack '" + m_params.attack + "' cannot aim at a class", "attack, targeted",
                    "Choose another attack, or switch 'targeted' off.");
    m_attack = attacks::attacks().make(m_params.attack, attackParameters(m_params));
    for (const double eps : m_params.eps)
        m_attack->resolved(
            attackBudget(m_params, eps)); // refuses numbers out of range before anything is computed
    m_dataset = m_context.dataset(m_params.dataset);
    m_results.classes = m_dataset->info().classes;
    std::map<std::string, std::string> refs; // shown name -> name or path
    const auto open = [&](const std::vector<protocol::ModelRef>& models, std::vector<std::string>& names,
                          std::vector<ModelPtr>& opened) {
        for (const protocol::ModelRef& ref : models) {
            const std::string name = reporting::shownName(ref.name);
            if (const auto [it, isNew] = refs.emplace(name, ref.name); !isNew && it->second != ref.name)
                throw Error("two different models are called '" + name + "'", "sources, targets",
                            "Rename one of the files so that tables can tell them apart.");
            if (std::ranges::find(names, name) != names.end())
                continue; // listed twice: once is enough
            opened.push_back(openModel(ref));
            names.push_back(name);
        }
    };
    open(m_params.sources, m_results.sources, m_sources);
    open(m_params.targets, m_results.targets, m_targets);
    m_results.perSource.resize(m_results.sources.size());
    for (std::size_t s = 0; s < m_results.sources.size(); ++s)
        if (!m_results.hasTargets(s))
            throw Error("source '" + m_results.sources[s] + "' has no target but itself", "targets",
                        "Add another target model.");
}

ClassAwareRun::ModelPtr ClassAwareRun::openModel(const protocol::ModelRef& ref) const
{
    ModelPtr model = m_context.model(ref);
    reporting::requireModelFits(*model, m_dataset->info());
    return model;
}

void ClassAwareRun::choosePool()
{
    const std::int64_t available = m_dataset->size(data::Split::Test);
    const std::int64_t drawn = std::min<std::int64_t>(m_params.count, available);
    const torch::Tensor ids = std::get<0>(
        torch::randperm(available, m_context.generator("images"), torch::kInt64).narrow(0, 0, drawn).sort());
    const torch::Tensor y = m_dataset->labels(data::Split::Test).index_select(0, ids);
    const torch::Tensor x = m_dataset->images(data::Split::Test, ids, m_context.device());

    std::map<std::string, ModelRow> rows;
    std::vector<std::string> order;
    std::vector<torch::Tensor> predictions;
    const auto consider = [&](const std::string& name, const ModelPtr& model, bool isSource) {
        ModelRow& row = rows[name];
        (isSource ? row.isSource : row.isTarget) = true;
        if (!row.name.empty())
            return;
        m_context.checkpoint();
        m_context.progress(static_cast<double>(order.size()),
                           static_cast<double>(m_sources.size() + m_targets.size()), "Clean predictions");
        predictions.push_back(models::predict(*model, x));
        order.push_back(name);
        const std::int64_t correct = (predictions.back() == y).sum().item<std::int64_t>();
        row.name = name;
        row.architecture = model->card().architecture;
        row.accuracy = metrics::wilson(correct, drawn);
        row.cardAccuracy = model->card().testAccuracy.value_or(std::numeric_limits<double>::quiet_NaN());
    };
    for (std::size_t s = 0; s < m_sources.size(); ++s)
        consider(m_results.sources[s], m_sources[s], true);
    for (std::size_t t = 0; t < m_targets.size(); ++t)
        consider(m_results.targets[t], m_targets[t], false);

    std::vector<ModelRow> table;
    for (const std::string& name : order)
        table.push_back(rows[name]);
    m_context.table(modelsTable(table));
    for (protocol::Metric& metric : accuracyMetrics(table, m_dataset->info().title))
        m_context.metric(std::move(metric));

    const torch::Tensor inPool = correctForAll(y, predictions).nonzero().flatten();
    const std::int64_t pool = inPool.numel();
    if (pool == 0)
        throw Error("none of the " + std::to_string(drawn) + " images is classified correctly by all models",
                    "count, sources, targets", "Take more images, or leave out the weakest model.");
    m_results.ids = ids.index_select(0, inPool);
    m_results.y = y.index_select(0, inPool);
    m_results.clean = m_dataset->pixelsOf(data::Split::Test, m_results.ids).contiguous();
    m_x = m_dataset->images(data::Split::Test, m_results.ids, m_context.device());
    m_y = m_results.y.to(m_context.device());
    if (m_params.targeted)
        m_aim = wrongClasses(m_results.y, static_cast<std::int64_t>(m_results.classes.size()),
                             m_context.generator("aim"))
                    .to(m_context.device());
    m_context.log(std::to_string(pool) + " of " + std::to_string(drawn) +
                  " test images are classified correctly by all " + std::to_string(order.size()) +
                  " models: the pool.");
    if (pool < kSmallPool)
        m_context.log("The pool has fewer than 1000 images; mind the intervals, or raise 'count'.",
                      protocol::LogLevel::Warning);
}

Json ClassAwareRun::inputKey(const ModelPtr& model, const torch::Tensor& ids) const
{
    return {{"study", "transfer.class-aware"},
            {"version", kClassAwareVersion},
            {"model", model->card().sha256},
            {"dataset", m_dataset->hash()},
            {"ids", tensorDigest(ids)}};
}

engine::TensorMap ClassAwareRun::cached(const ModelPtr& model, const Json& key,
                                        const std::function<engine::TensorMap()>& compute)
{
    // A model without a hash cannot be told from another one.
    return model->card().sha256.empty() ? compute() : m_context.cached(key, compute);
}

void ClassAwareRun::measureSimilarity(std::size_t s)
{
    const std::int64_t n = std::min<std::int64_t>(m_params.distanceCount, m_x.size(0));
    const torch::Tensor x = m_x.narrow(0, 0, n), y = m_y.narrow(0, 0, n);
    const torch::Tensor direction = attacks::unitPerSample(attacks::inputGradient(*m_sources[s], x, y));
    const torch::Tensor random = attacks::randomDirections(x, m_context.generator("directions"));
    const Probe own = probed(s, m_sources[s], direction, random);
    std::vector<Similarity>& similarities = m_results.perSource[s].similarity;
    similarities.resize(m_targets.size());
    for (std::size_t t = 0; t < m_targets.size(); ++t)
        if (m_results.isPair(s, t))
            similarities[t] = similarity(own, probed(s, m_targets[t], direction, random));
    m_context.table(similarityTable(m_results));
}

Probe ClassAwareRun::probed(std::size_t s, const ModelPtr& model, const torch::Tensor& direction,
                            const torch::Tensor& random)
{
    const attacks::BoundarySpec spec;
    Json key = inputKey(model, m_results.ids.narrow(0, 0, direction.size(0)));
    key["what"] = "boundary distances";
    key["source"] = m_sources[s]->card().sha256;
    key["seed"] = m_context.seed();
    key["search"] = {spec.rMax, spec.gridSteps, spec.bisectSteps};
    const std::int64_t n = direction.size(0);
    engine::TensorMap map = cached(model, key, [&] {
        const Probe p = probe(
            *model, m_x.narrow(0, 0, n), m_y.narrow(0, 0, n), direction, random, spec,
            m_context.attackHooks("Boundary distances, " + m_results.sources[s] + " and " + model->name()));
        return engine::TensorMap{{"distance", p.gradient.distance},
                                 {"capped", p.gradient.capped},
                                 {"random_distance", p.random.distance},
                                 {"random_capped", p.random.capped},
                                 {"gradient", p.inputGradient}};
    });
    return {
        {map["distance"], map["capped"]}, {map["random_distance"], map["random_capped"]}, map["gradient"]};
}

void ClassAwareRun::attackAll(std::size_t s)
{
    const bool viewed = s == viewedSource(m_results, m_params);
    for (std::size_t e = 0; e < m_results.eps.size(); ++e) {
        const AttackSet set = attackSet(s, e);
        m_results.perSource[s].eps.push_back(evaluate(s, set));
        const torch::Tensor stored = set.adversarial.to(torch::kFloat16).cpu();
        m_context.artifact("adversarial-" + std::to_string(s) + "-" + std::to_string(e),
                           {{"adversarial", stored}});
        if (viewed)
            m_viewed.push_back(stored);
        emit(s);
    }
}

ClassAwareRun::AttackSet ClassAwareRun::attackSet(std::size_t s, std::size_t e)
{
    const double eps = m_results.eps[e];
    const attacks::Budget budget = attackBudget(m_params, eps);
    Json key = inputKey(m_sources[s], m_results.ids);
    key["what"] = "adversarial images";
    key["attack"] = attacks::toJson(m_attack->resolved(budget));
    key["method"] = m_params.attack;
    key["parameters"] = attackParameters(m_params);
    key["aim"] = m_aim ? tensorDigest(*m_aim) : "";
    if (m_params.attack == "fgsm") {
        // One gradient serves all radii; it is what the cache holds.
        for (const char* perRadius : {"eps", "step_size"})
            key["attack"].erase(perRadius);
        const auto direction = cached(m_sources[s], key, [&] {
            m_context.progress(0, 1, "Gradient of " + m_results.sources[s]);
            return engine::TensorMap{
                {"direction", fgsmDirection(*m_sources[s], m_x, m_y, budget.norm, m_aim)}};
        });
        m_context.checkpoint();
        const torch::Tensor adversarial = fgsmStep(m_x, direction.at("direction"), eps);
        return {adversarial, {}};
    }
    const engine::TensorMap map = cached(m_sources[s], key, [&] {
        const std::string stage = "Attack on " + m_results.sources[s] + ", ε = " + reporting::shortText(eps);
        const attacks::Context context{
            .seed = m_context.seed(), .hooks = m_context.attackHooks(stage), .target = m_aim};
        const TracedAttack traced =
            runTraced(*m_sources[s], m_x, m_y, *m_attack, budget, context, kTracedImages);
        engine::TensorMap computed{{"adversarial", traced.adversarial}};
        if (traced.path.defined())
            computed["path"] = traced.path;
        return computed;
    });
    const auto path = map.find("path");
    return {map.at("adversarial"), path == map.end() ? torch::Tensor() : path->second};
}

EpsResult ClassAwareRun::evaluate(std::size_t s, const AttackSet& set)
{
    EpsResult result;
    result.y1 = models::predict(*m_sources[s], set.adversarial);
    result.y2.resize(m_targets.size());
    result.paths.resize(m_targets.size());
    for (std::size_t t = 0; t < m_targets.size(); ++t) {
        if (!m_results.isPair(s, t))
            continue;
        m_context.checkpoint();
        result.y2[t] = models::predict(*m_targets[t], set.adversarial);
        if (set.path.defined())
            result.paths[t] = pathProbabilities(s, t, result, set.path);
    }
    const MeanNorms norms = meanNorms(m_x, set.adversarial);
    result.meanL2 = norms.l2;
    result.meanLinf = norms.linf;
    result.targetHit = m_aim ? (result.y1 == m_aim->cpu()).to(torch::kFloat64).mean().item<double>()
                             : std::numeric_limits<double>::quiet_NaN();
    return result;
}

torch::Tensor ClassAwareRun::pathProbabilities(std::size_t s, std::size_t t, const EpsResult& result,
                                               const torch::Tensor& path) const
{
    const std::int64_t steps = path.size(0), n = path.size(1);
    const torch::Tensor y = m_results.y.narrow(0, 0, n), y1 = result.y1.narrow(0, 0, n);
    const torch::Tensor fooled = (y1 != y).nonzero().flatten();
    if (fooled.numel() == 0)
        return {};
    const torch::Tensor images = path.index_select(1, fooled.to(path.device())).flatten(0, 1);
    const torch::Tensor classes =
        torch::stack({y, y1, result.y2[t].narrow(0, 0, n)}, 1).index_select(0, fooled); // [m,3]
    std::vector<torch::Tensor> rows;
    for (const ModelPtr& model : {m_sources[s], m_targets[t]}) {
        const torch::Tensor p =
            torch::softmax(models::logitsChunked(*model, images).cpu().to(torch::kFloat64), 1)
                .view({steps, fooled.numel(), -1});
        const torch::Tensor index = classes.unsqueeze(0).expand({steps, -1, -1});
        rows.push_back(p.gather(2, index).mean(1).t()); // [3, steps]
    }
    return torch::cat(rows).contiguous();
}

void ClassAwareRun::emit(std::size_t s)
{
    m_context.table(pairsTable(m_results));
    m_context.table(attacksTable(m_results));
    if (s != viewedSource(m_results, m_params))
        return;
    const View view = viewOf(m_results, m_params);
    for (protocol::Figure& figure : viewFigures(m_results, view))
        m_context.figure(std::move(figure));
    if (m_shownExamples != view) {
        m_context.images(exampleGrid(m_results, view, m_viewed[view.eps]));
        m_shownExamples = view;
        emitDecisionMaps(view);
    }
}

void ClassAwareRun::emitDecisionMaps(const View& view)
{
    const std::int64_t position = mappedImage(m_results, view, m_params);
    const torch::Tensor x = m_x.narrow(0, position, 1);
    if (!m_mapped || m_mapped->position != position) {
        m_mapped = MappedImage{.position = position};
        m_mapped->map = decisionMap(*m_sources[view.source], *m_targets[view.target], x,
                                    m_y.narrow(0, position, 1), m_mapped->spec);
    }
    m_mapped->adversarial =
        project(m_mapped->map, x, m_viewed[view.eps].narrow(0, position, 1).to(x.device()).to(x.dtype()));
    for (const bool ofSource : {true, false})
        m_context.figure(decisionMapFigure(m_results, view, *m_mapped, ofSource));
}

} // namespace assay::transfer
