#include "plugins/calibration/dac_run.h"

#include "backend/calibration/registry.h"
#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/protocol/error.h"
#include "backend/protocol/text.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

// The first methods of every run.
constexpr std::size_t kNone = 0;
constexpr std::size_t kTemperature = 1;

constexpr std::int64_t kLayeredAtOnce = 1000;
constexpr double kMostClipped = 0.001;

/// Tables tell models by their names, and trainings of one architecture by that.
void requireNew(const MethodResults& results, const std::string& name, const std::string& family)
{
    const bool given = name == family;
    for (std::size_t m = 0; m < results.models.size(); ++m)
        if (results.models[m] == name ||
            (results.families[m] == family && (given || results.models[m] == results.families[m])))
            throw Error("two models are called '" + name + "'", "models",
                        "Rename the file, or do not train that architecture here.");
}

} // namespace

DacRun::DacRun(engine::RunContext& context, DacParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.comparison.severities);
    reporting::keepFirsts(m_params.comparison.shifts);
    reporting::keepFirsts(m_params.comparison.domains);
    reporting::keepFirsts(m_params.trained.architectures);
    m_params.calibrators.insert(m_params.calibrators.begin(), "temperature");
    reporting::keepFirsts(m_params.calibrators);
}

calibration::Loss DacRun::loss() const
{
    return m_params.loss == "nll" ? calibration::Loss::Nll : calibration::Loss::Mse;
}

void DacRun::openModels()
{
    const data::Dataset& dataset = *m_tests->dataset();
    const torch::Tensor outside = m_tests->trainingIds();
    const torch::Tensor order = torch::randperm(outside.size(0), m_context.generator("bank"), torch::kInt64);
    const torch::Tensor training = outside.index_select(0, order);
    const auto first = [&](std::int64_t count) {
        return training.narrow(0, 0, std::min(count, training.size(0))).contiguous();
    };
    const auto add = [&](const std::string& name, const std::string& family,
                         std::shared_ptr<const models::Model> model, std::int64_t bank) {
        requireNew(m_results, name, family);
        m_results.models.push_back(name);
        m_results.families.push_back(family);
        m_models.push_back({std::move(model), first(bank)});
    };
    for (const reporting::NamedModel& named :
         reporting::openModels(m_context, m_params.models, dataset.info(), "models"))
        add(named.name, named.name, named.model, m_params.bank);
    for (const TrainedModel& trained :
         trainedModels(m_context, dataset, first(m_params.trained.images), m_params.trained))
        add(trained.name, trained.family, trained.model, std::min(m_params.bank, m_params.trained.images));
    if (m_models.empty())
        throw Error("no model is chosen", "models", "Choose a model, or an architecture to train.");
}

std::vector<Method> DacRun::methods() const
{
    std::vector<Method> methods = {{"none", "None", kNone}};
    for (const std::string& id : m_params.calibrators)
        methods.push_back({id, calibration::calibratorKind(id).title, kNone});
    methods.push_back({"dac", "DAC", kTemperature});
    for (std::size_t c = 0; c < m_params.calibrators.size(); ++c) {
        const Method& alone = methods[kTemperature + c];
        methods.push_back({"dac+" + alone.id,
                           "DAC, " + lowered(alone.title.substr(0, 1)) + alone.title.substr(1),
                           kTemperature + c});
    }
    return methods;
}

void DacRun::openInputs()
{
    const ShiftedComparison& c = m_params.comparison;
    m_tests.emplace(m_context, m_context.dataset(c.dataset), c.count, c.domains);
    openModels();
    for (const Judged& judged : m_models)
        if (judged.bankIds.size(0) < m_params.k)
            throw Error("'k' is " + std::to_string(m_params.k) + ", but the bank holds " +
                            std::to_string(judged.bankIds.size(0)) + " training images",
                        "k", "Choose a nearer neighbour or a larger bank.");
    std::vector<protocol::DatasetRef> others;
    for (const protocol::DatasetRef& ref : m_params.ood)
        if (std::ranges::find(others, ref) == others.end())
            others.push_back(ref);
    m_oodSets.push_back(shuffledPatches(m_tests->clean().x, m_context.generator("patches")));
    for (const protocol::DatasetRef& ref : others)
        m_oodSets.push_back(otherImages(m_context, ref, c.count, m_tests->dataset()->info()));
    m_results.shifts = shiftsOf(c.shifts, c.severities, c.domains);
    m_results.splits = c.splits;
    m_results.bins = c.bins;
    m_results.methods = methods();
    m_results.allocate();
}

engine::TensorMap DacRun::bankVectors(std::size_t m)
{
    const models::Model& model = *m_models[m].model;
    const torch::Tensor& bankIds = m_models[m].bankIds;
    std::vector<std::vector<torch::Tensor>> parts(m_layers.size());
    for (std::int64_t first = 0; first < bankIds.size(0); first += kLayeredAtOnce) {
        m_context.checkpoint();
        m_context.progress(static_cast<double>(first), static_cast<double>(bankIds.size(0)),
                           "Training images through " + m_results.models[m]);
        const torch::Tensor ids =
            bankIds.narrow(0, first, std::min(kLayeredAtOnce, bankIds.size(0) - first)).contiguous();
        const auto features = calibration::layerFeatures(
            model, m_tests->dataset()->images(data::Split::Train, ids, m_context.device()), m_layers);
        for (std::size_t l = 0; l < m_layers.size(); ++l)
            parts[l].push_back(features.vectors[l]);
    }
    engine::TensorMap vectors;
    for (std::size_t l = 0; l < m_layers.size(); ++l)
        vectors[std::to_string(l)] = torch::cat(parts[l]);
    return vectors;
}

const calibration::DensityBank& DacRun::bank(std::size_t m)
{
    if (m_bank)
        return *m_bank;
    const models::Model& model = *m_models[m].model;
    const engine::TensorMap vectors = model.card().sha256.empty() // it cannot be told from another one
                                          ? bankVectors(m)
                                          : m_context.cached({{"what", "calibration.bank"},
                                                              {"method", 1},
                                                              {"model", model.card().sha256},
                                                              {"dataset", m_tests->dataset()->hash()},
                                                              {"seed", m_context.seed()},
                                                              {"domains", m_params.comparison.domains},
                                                              {"bank", m_models[m].bankIds.size(0)}},
                                                             [&] { return bankVectors(m); });
    calibration::LayerFeatures all{.layers = m_layers};
    for (std::size_t l = 0; l < m_layers.size(); ++l)
        all.vectors.push_back(vectors.at(std::to_string(l)));
    m_bank.emplace(all);
    return *m_bank;
}

DacRun::Seen DacRun::seenNow(std::size_t m, const reporting::TestImages& images)
{
    const calibration::DensityBank& density = bank(m);
    std::vector<torch::Tensor> logits, scores;
    for (std::int64_t first = 0; first < images.size(); first += kLayeredAtOnce) {
        m_context.checkpoint();
        const auto features = calibration::layerFeatures(
            *m_models[m].model, images.x.narrow(0, first, std::min(kLayeredAtOnce, images.size() - first)),
            m_layers);
        logits.push_back(features.logits.cpu());
        scores.push_back(density.scores(features, {.k = m_params.k, .squared = m_params.squared}));
    }
    return {torch::cat(logits), torch::cat(scores), images.y};
}

DacRun::Seen DacRun::seen(std::size_t m, const Shift& shift,
                          const std::function<reporting::TestImages()>& images)
{
    m_context.checkpoint();
    const models::Model& model = *m_models[m].model;
    if (model.card().sha256.empty())
        return seenNow(m, images());
    Json key = m_tests->key("calibration.density", model, shift);
    key["bank"] = m_models[m].bankIds.size(0);
    key["k"] = m_params.k;
    key["squared"] = m_params.squared;
    const engine::TensorMap map = m_context.cached(key, [&] {
        const Seen now = seenNow(m, images());
        return engine::TensorMap{{"logits", now.logits}, {"scores", now.scores}, {"labels", now.labels}};
    });
    return {map.at("logits").cpu(), map.at("scores").cpu(), map.at("labels").cpu()};
}

void DacRun::measure(std::size_t m)
{
    m_bank.reset();
    m_layers = calibration::densityLayers(*m_models[m].model);
    m_seen.clear();
    for (const Shift& shift : m_results.shifts) {
        m_context.progress(static_cast<double>(m_seen.size()), static_cast<double>(m_results.shifts.size()),
                           "Density of " + m_results.models[m] + ", " + shiftText(shift));
        m_seen.push_back(seen(m, shift, [&] { return m_tests->under(shift); }));
    }
    m_oodSeen.clear();
    for (const OodSet& set : m_oodSets) {
        const torch::Tensor none = torch::full({set.x.size(0)}, -1, torch::kInt64);
        m_oodSeen.push_back(seen(m, {"ood:" + set.key, 0}, [&] {
            return reporting::TestImages{none, set.x, none};
        }));
    }
}

void DacRun::keepFit(std::size_t m, int split, const calibration::DacFit& fit)
{
    const std::string& name = m_results.models[m];
    for (std::size_t l = 0; l < m_layers.size(); ++l)
        m_density.layers.push_back({name, m_layers[l], split, fit.scaling.weights()[l], fit.effects[l]});
    m_density.fits.push_back({name, split, fit.scaling.bias(), fit.loss, fit.clippedFraction});
    if (fit.clippedFraction > kMostClipped)
        m_context.log(name + ", split " + std::to_string(split) + ": " +
                          reporting::percentText(fit.clippedFraction) +
                          " of the samples fitted on are at the least temperature; the fit is doubtful.",
                      protocol::LogLevel::Warning);
}

void DacRun::judge(std::size_t m, int split)
{
    using calibration::calibratorKind;
    m_context.progress(split, m_results.splits, "Calibrating " + m_results.models[m]);
    const SplitRows rows =
        splitRows(m_context, m_tests->clean().size(), splitStream(split), m_params.comparison.fitShare);
    const torch::Tensor fitScores = m_seen[0].scores.index_select(0, rows.fit);
    const calibration::FitSet raw(m_seen[0].logits.index_select(0, rows.fit),
                                  m_seen[0].labels.index_select(0, rows.fit));
    const calibration::DacFit fit = calibration::fitDensityAwareScaling(raw, fitScores, loss());
    m_context.checkpoint();
    const calibration::FitSet scaled(fit.scaling.rescaled(raw.logits(), fitScores), raw.labels());
    const calibration::FitOptions options{.loss = loss()};
    const auto none = calibratorKind("none").fit(raw, options);
    std::vector<std::unique_ptr<calibration::Calibrator>> alone, combined;
    for (const std::string& id : m_params.calibrators) {
        m_context.checkpoint();
        alone.push_back(calibratorKind(id).fit(raw, options));
        combined.push_back(calibratorKind(id).fit(scaled, options));
    }
    keepFit(m, split, fit);
    MethodJudge judge(m_results, m_params.comparison.resamples,
                      m_context.seed() + static_cast<std::uint64_t>(split));
    for (std::size_t s = 0; s < m_seen.size(); ++s) {
        m_context.checkpoint();
        const torch::Tensor test = judgedRows(rows, m_results.shifts[s], m_seen[s].labels.size(0));
        const torch::Tensor z = m_seen[s].logits.index_select(0, test);
        const torch::Tensor u = fit.scaling.rescaled(z, m_seen[s].scores.index_select(0, test));
        std::vector<torch::Tensor> probabilities = {none->apply(z)};
        for (const auto& calibrator : alone)
            probabilities.push_back(calibrator->apply(z));
        probabilities.push_back(none->apply(u));
        for (const auto& calibrator : combined)
            probabilities.push_back(calibrator->apply(u));
        judge.judge(m, s, static_cast<std::size_t>(split), probabilities,
                    m_seen[s].labels.index_select(0, test));
    }
    if (split == 0)
        describe(m, fit.scaling, *alone.front(), rows);
}

void DacRun::execute()
{
    openInputs();
    for (std::size_t m = 0; m < m_models.size(); ++m) {
        measure(m);
        for (int split = 0; split < m_results.splits; ++split)
            judge(m, split);
        m_context.table(compareTable(m_results, "dac"));
        m_context.table(overviewTable(m_results));
        m_context.table(layersTable(m_density));
        m_context.table(fitsTable(m_density));
        m_context.table(temperaturesTable(m_density));
        m_context.table(correctnessTable(m_density));
        m_context.table(oodTable(m_density));
        if (m == viewOf(m_results, m_params.comparison).model)
            emitDacView(m_context, m_results, m_density, m_shown, m_params);
    }
    m_context.artifact("outcomes", toTensors(m_results));
    m_context.artifact("density", toTensors(m_density));
    m_context.table(changesTable(m_results));
    for (protocol::Metric& metric : methodMetrics(m_results))
        m_context.metric(std::move(metric));
}

void emitDacView(engine::RunContext& context, const MethodResults& results, const DacResults& density,
                 const Inspection& inspection, const DacParams& params)
{
    emitComparisonView(context, results, params.comparison);
    const std::string& shown = results.models[viewOf(results, params.comparison).model];
    context.figure(correctnessFigure(density, shown));
    context.figure(layersFigure(density, shown));
    context.figure(temperaturesFigure(density, shown));
    context.checkpoint();
    context.figure(densityFigure(inspection, params.viewLayer));
    context.images(neighboursGrid(inspection));
}

} // namespace assay::confidence
