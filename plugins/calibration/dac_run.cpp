#include "plugins/calibration/dac_run.h"

#include "backend/calibration/registry.h"
#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/selective.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

enum : std::size_t { kNone, kTemperature, kEnsemble, kDac, kDacTemperature, kDacEnsemble };

constexpr std::int64_t kLayeredAtOnce = 1000;
constexpr std::int64_t kPatches = 4; ///< a side
/// Images of the gallery, half of them where the training set is sparse.
constexpr std::int64_t kNeighbourImages = 100;
constexpr double kMostClipped = 0.001;

/// Clean images cut into patches that change places, the same for all: what is seen stays, the sense goes.
torch::Tensor shuffledPatches(const torch::Tensor& x, at::Generator generator)
{
    const std::int64_t h = x.size(2) / kPatches, w = x.size(3) / kPatches;
    const torch::Tensor order = torch::randperm(kPatches * kPatches, generator, torch::kInt64);
    torch::Tensor shuffled = x.clone();
    for (std::int64_t to = 0; to < order.size(0); ++to) {
        const std::int64_t from = order.data_ptr<std::int64_t>()[to];
        shuffled.narrow(2, to / kPatches * h, h)
            .narrow(3, to % kPatches * w, w)
            .copy_(x.narrow(2, from / kPatches * h, h).narrow(3, from % kPatches * w, w));
    }
    return shuffled;
}

/// The chance that a clean sample has more of a score in [0,1] than another.
double aurocOfClean(const torch::Tensor& clean, const torch::Tensor& other)
{
    const torch::Tensor all = torch::cat({clean, other}).to(torch::kFloat64).contiguous();
    std::vector<std::uint8_t> isClean(static_cast<std::size_t>(all.numel()), 0);
    std::fill_n(isClean.begin(), clean.numel(), std::uint8_t{1});
    return metrics::confidenceAuroc(
        metrics::SortedConfidences({all.data_ptr<double>(), isClean.size()}, isClean));
}

} // namespace

DacRun::DacRun(engine::RunContext& context, DacParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.comparison.severities);
    reporting::keepFirsts(m_params.comparison.shifts);
}

calibration::Loss DacRun::loss() const
{
    return m_params.loss == "nll" ? calibration::Loss::Nll : calibration::Loss::Mse;
}

void DacRun::openInputs()
{
    const ShiftedComparison& c = m_params.comparison;
    m_dataset = m_context.dataset(c.dataset);
    m_models = reporting::openModels(m_context, m_params.models, m_dataset->info(), "models");
    m_images = reporting::drawTestImages(m_context, *m_dataset, c.count);
    const std::int64_t training = m_dataset->size(data::Split::Train);
    m_bankIds = torch::randperm(training, m_context.generator("bank"), torch::kInt64)
                    .narrow(0, 0, std::min<std::int64_t>(m_params.bank, training))
                    .contiguous();
    if (m_bankIds.size(0) < m_params.k)
        throw Error("'k' is " + std::to_string(m_params.k) + ", but the bank holds " +
                        std::to_string(m_bankIds.size(0)) + " training images",
                    "k", "Choose a nearer neighbour or a larger bank.");
    m_results.shifts = shiftsOf(c.shifts, c.severities);
    m_results.splits = c.splits;
    m_results.bins = c.bins;
    m_results.methods = {{"none", "None", kNone},
                         {"temperature", "Temperature", kNone},
                         {"ensemble-temperature", "Ensemble temperature", kNone},
                         {"dac", "DAC", kTemperature},
                         {"dac+temperature", "DAC, temperature", kTemperature},
                         {"dac+ensemble-temperature", "DAC, ensemble temperature", kEnsemble}};
    for (const reporting::NamedModel& named : m_models) {
        m_results.models.push_back(named.name);
        m_results.n.push_back(splitRows(m_context, m_images.size(), 0, c.fitShare).test.size(0));
    }
    m_results.allocate();
}

const calibration::DensityBank& DacRun::bank(const models::Model& model)
{
    if (m_bank)
        return *m_bank;
    calibration::LayerFeatures all;
    std::vector<std::vector<torch::Tensor>> parts(m_layers.size());
    for (std::int64_t first = 0; first < m_bankIds.size(0); first += kLayeredAtOnce) {
        m_context.checkpoint();
        m_context.progress(static_cast<double>(first), static_cast<double>(m_bankIds.size(0)),
                           "Training images through " + model.name());
        const torch::Tensor ids =
            m_bankIds.narrow(0, first, std::min(kLayeredAtOnce, m_bankIds.size(0) - first)).contiguous();
        const auto features = calibration::layerFeatures(
            model, m_dataset->images(data::Split::Train, ids, m_context.device()), m_layers);
        for (std::size_t l = 0; l < m_layers.size(); ++l)
            parts[l].push_back(features.vectors[l]);
    }
    all.layers = m_layers;
    for (const auto& layer : parts)
        all.vectors.push_back(torch::cat(layer));
    m_bank.emplace(all);
    return *m_bank;
}

DacRun::Seen DacRun::seenNow(const models::Model& model, const torch::Tensor& x)
{
    const calibration::DensityBank& density = bank(model);
    std::vector<torch::Tensor> logits, scores;
    for (std::int64_t first = 0; first < x.size(0); first += kLayeredAtOnce) {
        m_context.checkpoint();
        const auto features = calibration::layerFeatures(
            model, x.narrow(0, first, std::min(kLayeredAtOnce, x.size(0) - first)), m_layers);
        logits.push_back(features.logits.cpu());
        scores.push_back(density.scores(features, {.k = m_params.k, .squared = m_params.squared}));
    }
    return {torch::cat(logits), torch::cat(scores)};
}

DacRun::Seen DacRun::seen(std::size_t m, const torch::Tensor& x, const Shift& shift)
{
    const models::Model& model = *m_models[m].model;
    if (model.card().sha256.empty()) // it cannot be told from another one
        return seenNow(model, x);
    Json key = shiftKey(m_context, "calibration.density", model, *m_dataset, m_images, shift);
    key["bank"] = m_bankIds.size(0);
    key["k"] = m_params.k;
    key["squared"] = m_params.squared;
    const engine::TensorMap map = m_context.cached(key, [&] {
        const Seen now = seenNow(model, x);
        return engine::TensorMap{{"logits", now.logits}, {"scores", now.scores}};
    });
    return {map.at("logits").cpu(), map.at("scores").cpu()};
}

void DacRun::measure(std::size_t m)
{
    m_bank.reset();
    m_layers = calibration::densityLayers(*m_models[m].model);
    m_seen.clear();
    for (const Shift& shift : m_results.shifts) {
        m_context.checkpoint();
        m_context.progress(static_cast<double>(m_seen.size()), static_cast<double>(m_results.shifts.size()),
                           "Density of " + m_models[m].name + ", " + shiftText(shift));
        m_seen.push_back(seen(m, shiftedImages(m_context, m_images, shift), shift));
    }
    m_shuffled =
        seen(m, shuffledPatches(m_images.x, m_context.generator("patches")), {"shuffled-patches", 0});
}

void DacRun::judge(std::size_t m, int split)
{
    using calibration::calibratorKind;
    m_context.progress(split, m_results.splits, "Calibrating " + m_models[m].name);
    const SplitRows rows = splitRows(m_context, m_images.size(), split, m_params.comparison.fitShare);
    const torch::Tensor fitScores = m_seen[0].scores.index_select(0, rows.fit);
    const calibration::FitSet raw(m_seen[0].logits.index_select(0, rows.fit),
                                  m_images.y.index_select(0, rows.fit));
    const calibration::DacFit fit = calibration::fitDensityAwareScaling(raw, fitScores, loss());
    m_context.checkpoint();
    const calibration::FitSet scaled(fit.scaling.rescaled(raw.logits(), fitScores), raw.labels());
    const calibration::FitOptions options{.loss = loss()};
    const auto none = calibratorKind("none").fit(raw, options);
    const auto temperature = calibratorKind("temperature").fit(raw, options);
    const auto ensemble = calibratorKind("ensemble-temperature").fit(raw, options);
    const auto dacTemperature = calibratorKind("temperature").fit(scaled, options);
    const auto dacEnsemble = calibratorKind("ensemble-temperature").fit(scaled, options);

    const std::string& name = m_models[m].name;
    for (std::size_t l = 0; l < m_layers.size(); ++l)
        m_density.layers.push_back({name, m_layers[l], split, fit.scaling.weights()[l], fit.effects[l]});
    m_density.fits.push_back({name, split, fit.scaling.bias(), fit.loss, fit.clippedFraction});
    if (fit.clippedFraction > kMostClipped)
        m_context.log(name + ", split " + std::to_string(split) + ": " +
                          reporting::percentText(fit.clippedFraction) +
                          " of the samples fitted on are at the least temperature; the fit is doubtful.",
                      protocol::LogLevel::Warning);

    const torch::Tensor labels = m_images.y.index_select(0, rows.test);
    MethodJudge judge(m_results, m_params.comparison.resamples,
                      m_context.seed() + static_cast<std::uint64_t>(split));
    for (std::size_t s = 0; s < m_seen.size(); ++s) {
        m_context.checkpoint();
        const torch::Tensor z = m_seen[s].logits.index_select(0, rows.test);
        const torch::Tensor u = fit.scaling.rescaled(z, m_seen[s].scores.index_select(0, rows.test));
        judge.judge(m, s, static_cast<std::size_t>(split),
                    {none->apply(z), temperature->apply(z), ensemble->apply(z), none->apply(u),
                     dacTemperature->apply(u), dacEnsemble->apply(u)},
                    labels);
    }
    if (split == 0) {
        describe(m, fit.scaling, rows);
        if (m == reporting::positionOf(m_results.models, reporting::shownName(m_params.comparison.viewModel)))
            showNeighbours(m, fit.scaling, rows);
    }
}

void DacRun::addGroup(std::size_t m, const std::string& group, const torch::Tensor& temperatures)
{
    if (temperatures.numel() > 0)
        m_density.temperatures.push_back(
            {m_models[m].name, group, temperatures.numel(), fiveNumbers(temperatures)});
}

void DacRun::describe(std::size_t m, const calibration::DensityAwareScaling& scaling, const SplitRows& rows)
{
    const auto of = [&](const Seen& seen) {
        return scaling.temperatures(seen.scores.index_select(0, rows.test));
    };
    const auto confidence = [&](const Seen& seen) {
        return std::get<0>(seen.logits.index_select(0, rows.test).to(torch::kFloat64).softmax(1).max(1));
    };
    const torch::Tensor labels = m_images.y.index_select(0, rows.test);
    const double most = m_params.comparison.severities.empty() ? 0 : m_params.comparison.severities.back();
    for (const bool shifted : {false, true}) {
        std::vector<torch::Tensor> right, wrong;
        for (std::size_t s = 0; s < m_seen.size(); ++s) {
            if (m_results.shifts[s].clean() == shifted || (shifted && m_results.shifts[s].severity != most))
                continue;
            const torch::Tensor temperatures = of(m_seen[s]);
            const torch::Tensor correct = m_seen[s].logits.index_select(0, rows.test).argmax(1) == labels;
            right.push_back(temperatures.masked_select(correct));
            wrong.push_back(temperatures.masked_select(correct.logical_not()));
        }
        if (right.empty())
            continue;
        const std::string where = shifted ? "shifted" : "clean";
        addGroup(m, where + ", right", torch::cat(right));
        addGroup(m, where + ", wrong", torch::cat(wrong));
    }
    const torch::Tensor clean = of(m_seen[0]), shuffled = of(m_shuffled);
    addGroup(m, "shuffled", shuffled);
    const double scale = std::max(clean.max().item<double>(), shuffled.max().item<double>());
    m_density.ood.push_back(
        {m_models[m].name, "temperature", aurocOfClean(1 - clean / scale, 1 - shuffled / scale)});
    m_density.ood.push_back(
        {m_models[m].name, "confidence", aurocOfClean(confidence(m_seen[0]), confidence(m_shuffled))});
}

void DacRun::showNeighbours(std::size_t m, const calibration::DensityAwareScaling& scaling,
                            const SplitRows& rows)
{
    const models::Model& model = *m_models[m].model;
    const torch::Tensor temperatures = scaling.temperatures(m_seen[0].scores.index_select(0, rows.test));
    const torch::Tensor order = temperatures.argsort(0, true);
    const std::int64_t n = order.size(0), half = std::min(kNeighbourImages / 2, n / 2);
    const torch::Tensor chosen =
        rows.test.index_select(0, torch::cat({order.narrow(0, 0, half), order.narrow(0, n - half, half)}));
    const reporting::TestImages shown = m_images.select(chosen);
    const calibration::DensityBank& density = bank(model);
    const auto features = calibration::layerFeatures(model, shown.x, m_layers);
    std::vector<reporting::ImagePlane> planes = {{"image", shown.x.cpu()}};
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        const torch::Tensor nearest = density.neighbours(features, l, 1).indices.select(1, 0).cpu();
        planes.push_back(
            {"nearest at " + m_layers[l],
             m_dataset->images(data::Split::Train, m_bankIds.index_select(0, nearest), torch::kCPU)});
    }
    protocol::ImageGrid grid{.name = "neighbours",
                             .title = "Nearest training images: " + m_models[m].name,
                             .caption =
                                 "Clean images judged by: first those of the highest temperature, where "
                                 "the training set is sparse, then those of the lowest.",
                             .section = "Images"};
    reporting::fillPlanes(grid, shown.ids, planes);
    const torch::Tensor logits = m_seen[0].logits.index_select(0, chosen);
    grid.attributes = {
        reporting::classesOf("label", "True class", m_dataset->info().classes, shown.y),
        reporting::classesOf("predicted", "Predicted", m_dataset->info().classes, logits.argmax(1))};
    const torch::Tensor scores = m_seen[0].scores.index_select(0, chosen);
    const torch::Tensor chosenTemperatures = scaling.temperatures(scores);
    for (std::int64_t i = 0; i < chosen.size(0); ++i) {
        std::string note =
            "temperature " + reporting::shortText(chosenTemperatures[i].item<double>()) + "; scores";
        for (std::size_t l = 0; l < m_layers.size(); ++l)
            note += (l == 0 ? " " : ", ") + m_layers[l] + " " +
                    reporting::shortText(scores[i][static_cast<std::int64_t>(l)].item<double>());
        grid.notes.push_back(std::move(note));
    }
    m_context.images(std::move(grid));
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
        m_context.table(oodTable(m_density));
    }
    m_context.artifact("outcomes", toTensors(m_results));
    m_context.artifact("density", toTensors(m_density));
    m_context.table(changesTable(m_results));
    emitComparisonView(m_context, m_results, m_params.comparison);
    const std::string& shown = m_results.models[viewOf(m_results, m_params.comparison).model];
    m_context.figure(layersFigure(m_density, shown));
    m_context.figure(temperaturesFigure(m_density, shown));
    for (protocol::Metric& metric : methodMetrics(m_results))
        m_context.metric(std::move(metric));
}

} // namespace assay::confidence
