#include "plugins/transfer/patch_run.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/survival_report.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::transfer {

namespace {

/// Rows (images times masks) that are attacked at once.
constexpr std::int64_t kSearchRows = 4096;
/// Images whose masks are shown.
constexpr std::int64_t kFilmImages = 24;
/// Below this share of patches with any structure the method has little to choose from.
constexpr double kFewEffective = 0.5;

/// Fraction of the patches that are not of one value: blackening a black patch changes nothing.
double effectivePatches(const torch::Tensor& x, const attacks::PatchGrid& grid)
{
    const torch::Tensor inside =
        x.narrow(2, 0, grid.rows * grid.patch).narrow(3, 0, grid.columns * grid.patch);
    const torch::Tensor cells =
        inside.reshape({x.size(0), x.size(1), grid.rows, grid.patch, grid.columns, grid.patch})
            .permute({0, 2, 4, 1, 3, 5})
            .flatten(3);
    return (cells.amax(3) > cells.amin(3)).to(torch::kFloat64).mean().item<double>();
}

} // namespace

PatchRun::PatchRun(engine::RunContext& context, PatchParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.maskCounts);
    reporting::sortUnique(m_params.budget.eps);
    m_params.dropRates.push_back(m_params.dropRate);
    reporting::sortUnique(m_params.dropRates);
}

void PatchRun::openInputs()
{
    const reporting::AttackBudget& budget = m_params.budget;
    m_attack = budget.make(m_params.attack);
    m_gradient = dynamic_cast<const attacks::GradientAttack*>(m_attack.get());
    if (!m_gradient)
        throw Error("attack '" + m_params.attack + "' does not let masks into its gradient", "attack",
                    "Choose FGSM, PGD or one of the transfer attacks.");
    for (const double eps : budget.eps) // refuses what is out of range before anything is computed
        m_results.steps = m_attack->resolved(budget.at(eps)).steps;
    for (const double rate : m_params.dropRates)
        attacks::checkMaskSearch(maskSearchSpec(m_params, rate));
    m_dataset = m_context.dataset(m_params.images.dataset);
    const auto open = [&](const std::vector<protocol::ModelRef>& refs, PatchRole role,
                          const char* parameter) {
        for (reporting::NamedModel& named :
             reporting::openModels(m_context, refs, m_dataset->info(), parameter)) {
            for (const PatchModel& known : m_results.models)
                if (known.name == named.name)
                    throw Error("model '" + named.name + "' is both " + roleName(known.role) + " and " +
                                    roleName(role) + ": its success would say nothing about unseen models",
                                parameter, "Give each model one role.");
            m_results.models.push_back({named.name, role});
            m_models.push_back(std::move(named));
        }
    };
    open({m_params.source}, PatchRole::Source, "source");
    open(m_params.simulated, PatchRole::Simulated, "simulated");
    open(m_params.targets, PatchRole::Target, "targets");
    m_results.attack = reporting::attackTitle(m_params.attack);
    m_results.norm = budget.norm;
    m_results.eps = budget.eps;
    reporting::emitAttackParams(m_context, budget, {m_params.attack});
}

void PatchRun::choosePool()
{
    const reporting::TestImages drawn =
        reporting::drawTestImages(m_context, *m_dataset, m_params.images.count);
    torch::Tensor correct = torch::ones({drawn.size()}, torch::kBool);
    for (const reporting::NamedModel& named : m_models) {
        m_context.checkpoint();
        correct.logical_and_(models::predict(*named.model, drawn.x) == drawn.y);
    }
    m_images = drawn.select(correct.nonzero().flatten());
    if (m_images.size() == 0)
        throw Error("none of the " + std::to_string(drawn.size()) +
                        " images is classified correctly by all models",
                    "count", "Take more images, or leave out the weakest model.");
    m_results.ids = m_images.ids;
    m_results.y = m_images.y;
    m_results.grid = attacks::patchGrid(m_params.patch, m_images.x.size(2), m_images.x.size(3));
    m_context.log(std::to_string(m_images.size()) + " of " + std::to_string(drawn.size()) +
                  " test images are classified correctly by all " + std::to_string(m_models.size()) +
                  " models: the pool.");
    const double effective = effectivePatches(m_images.x, m_results.grid);
    m_effective = effective;
    if (effective < kFewEffective)
        m_context.log("Only " + reporting::percentText(effective) +
                          " of the patches hold more than one value: dropping the others changes little.",
                      protocol::LogLevel::Warning);
    const std::int64_t shown = std::min(kFilmImages, m_images.size());
    m_film.ids = m_images.ids.narrow(0, 0, shown);
    m_film.clean = m_images.x.narrow(0, 0, shown).cpu();
}

void PatchRun::execute()
{
    openInputs();
    choosePool();
    m_learned = learnMasks();
    m_random = attacks::randomMasks(m_results.grid, maskSearchSpec(m_params), m_images.ids, m_context.seed());
    torch::Tensor adversarial;
    for (std::size_t e = 0; e < m_results.eps.size(); ++e)
        adversarial = attackAt(e);
    compareCounts();
    compareRates();
    emitFinal(adversarial);
    emitSurvivalOf(adversarial);
}

torch::Tensor PatchRun::learnMasks()
{
    return search(
        m_images, m_params.dropRate, "Masks",
        [this](const attacks::MaskSearchState& state, std::int64_t first) { showSearch(state, first); });
}

torch::Tensor
PatchRun::search(const reporting::TestImages& images, double dropRate, const std::string& what,
                 const std::function<void(const attacks::MaskSearchState&, std::int64_t)>& report)
{
    std::vector<const models::Model*> simulated;
    for (std::size_t m = 0; m < m_models.size(); ++m)
        if (m_results.models[m].role == PatchRole::Simulated)
            simulated.push_back(m_models[m].model.get());
    const attacks::Source source(*m_models.front().model);
    const attacks::MaskSearch search(source, simulated, m_gradient->recipe(),
                                     m_attack->resolved(m_params.budget.at(m_results.eps.back())),
                                     maskSearchSpec(m_params, dropRate));
    const std::int64_t count = images.size(),
                       batch = std::max<std::int64_t>(1, kSearchRows / m_params.population);
    std::vector<torch::Tensor> masks;
    for (std::int64_t first = 0; first < count; first += batch) {
        const std::int64_t n = std::min(batch, count - first);
        const std::string stage = what + " of images " + std::to_string(first + 1) + " to " +
                                  std::to_string(first + n) + " of " + std::to_string(count);
        const attacks::Context context{.seed = m_context.seed(),
                                       .hooks = m_context.attackHooks(stage),
                                       .samples = images.ids.narrow(0, first, n)};
        const attacks::MaskSearchState state =
            search.run(images.x.narrow(0, first, n), images.y.narrow(0, first, n), context,
                       [&](const attacks::MaskSearchState& now) { report(now, first); });
        masks.push_back(attacks::maskTensor(state.populations));
    }
    return torch::cat(masks);
}

void PatchRun::showSearch(const attacks::MaskSearchState& state, std::int64_t first)
{
    m_results.fitness.add(static_cast<std::size_t>(state.generation), state.populations);
    m_context.figure(fitnessFigure(m_results));
    m_context.table(fitnessTable(m_results));
    if (first != 0)
        return;
    m_film.add(state.populations);
    PatchView view = patchViewOf(m_results, m_film, m_params);
    view.generation = m_film.best.size() - 1; // the newest
    m_context.images(maskGrid(m_results, m_film, view));
    m_context.images(evolutionGrid(m_results, m_film, view));
}

PatchMethod PatchRun::attackedWith(const Kind& kind, const reporting::TestImages& images, double eps,
                                   torch::Tensor* kept)
{
    PatchMethod method{.id = kind.id, .title = kind.title, .masksPerStep = kind.perStep};
    attacks::Recipe recipe = m_gradient->recipe();
    if (kind.masks.defined())
        recipe = attacks::masked(std::move(recipe), kind.masks.to(m_context.device()), m_results.grid,
                                 kind.perStep);
    const std::string many = kind.perStep > 0 ? ", " + std::to_string(kind.perStep) + " per step" : "";
    const attacks::Context context{.seed = m_context.seed(),
                                   .hooks = m_context.attackHooks("Attack: " + kind.title + many +
                                                                  ", ε = " + reporting::shortText(eps))};
    const torch::Tensor adversarial = attacks::GradientAttack(std::move(recipe))
                                          .run(*m_models.front().model, images.x, images.y,
                                               m_attack->resolved(m_params.budget.at(eps)), context)
                                          .adversarial;
    std::vector<torch::Tensor> rows;
    for (const reporting::NamedModel& named : m_models) {
        m_context.checkpoint();
        rows.push_back(models::predict(*named.model, adversarial) != images.y);
    }
    method.success = torch::stack(rows);
    if (kept)
        *kept = adversarial;
    return method;
}

torch::Tensor PatchRun::attackAt(std::size_t e)
{
    const int perStep = m_params.masksPerStep;
    const double eps = m_results.eps[e];
    const std::int64_t shown = m_film.ids.size(0);
    const auto kept = [&](const torch::Tensor& images) {
        return images.narrow(0, 0, shown).cpu().to(torch::kFloat16).contiguous();
    };
    torch::Tensor adversarial;
    std::vector<PatchMethod> methods;
    const auto done = [&](PatchMethod method) {
        methods.push_back(std::move(method));
        m_context.figure(patchSuccessFigure(m_results, methods, e));
    };
    done(attackedWith({"unmasked", m_results.attack}, m_images, eps, &adversarial));
    m_film.unmasked.push_back(kept(adversarial));
    done(attackedWith({"random", "random masks", m_random, perStep}, m_images, eps));
    done(attackedWith({"learned", "learned masks", m_learned, perStep}, m_images, eps, &adversarial));
    m_film.learned.push_back(kept(adversarial));
    m_results.methods = methods;
    m_results.byEps.push_back(std::move(methods));
    m_context.table(patchSuccessTable(m_results));
    return adversarial;
}

void PatchRun::compareCounts()
{
    for (const int count : m_params.maskCounts)
        m_results.counts.push_back(count == m_params.masksPerStep
                                       ? m_results.methods.back()
                                       : attackedWith({"learned", "learned masks", m_learned, count},
                                                      m_images, m_results.eps.back()));
    m_context.table(patchSuccessTable(m_results));
    if (!m_results.counts.empty())
        m_context.figure(maskCountFigure(m_results));
}

void PatchRun::compareRates()
{
    const metrics::BootstrapSpec spec{.resamples = m_params.resamples, .seed = m_context.seed()};
    const double eps = m_results.eps.back();
    const std::int64_t count = std::min<std::int64_t>(m_params.rateImages, m_images.size());
    const reporting::TestImages images = m_images.select(torch::arange(count));
    m_results.rateImages = count;
    m_results.rates.push_back({.methods = {attackedWith({"unmasked", m_results.attack}, images, eps)}});
    for (const double rate : m_params.dropRates) {
        const attacks::MaskSearchSpec made = maskSearchSpec(m_params, rate);
        const std::int64_t dropped = attacks::droppedPatches(rate, m_results.grid.genes());
        if (dropped == 0)
            continue; // stands there already
        const torch::Tensor random = attacks::randomMasks(m_results.grid, made, images.ids, m_context.seed());
        const torch::Tensor learned = rate == m_params.dropRate
                                          ? m_learned.narrow(0, 0, count)
                                          : search(images, rate, "Masks at ρ = " + reporting::shortText(rate),
                                                   [](const attacks::MaskSearchState&, std::int64_t) {});
        m_results.rates.push_back(
            {.rate = rate,
             .dropped = dropped,
             .methods = {
                 attackedWith({"random", "random masks", random, m_params.masksPerStep}, images, eps),
                 attackedWith({"learned", "learned masks", learned, m_params.masksPerStep}, images, eps)}});
        m_context.figure(patchRateFigure(m_results, spec));
    }
    m_context.table(patchRateTable(m_results, spec));
}

void PatchRun::emitFinal(const torch::Tensor& adversarial)
{
    const metrics::BootstrapSpec spec{.resamples = m_params.resamples, .seed = m_context.seed()};
    const PatchView view = patchViewOf(m_results, m_film, m_params);
    m_context.table(gainsTable(m_results, spec));
    m_context.table(patchEpsTable(m_results));
    m_context.figure(patchSuccessFigure(m_results, m_results.byEps[view.eps], view.eps));
    if (m_results.eps.size() > 1)
        m_context.figure(patchEpsFigure(m_results, spec));
    m_context.figure(droppedPatchesFigure(m_results, m_learned));
    m_context.images(maskGrid(m_results, m_film, view));
    m_context.images(evolutionGrid(m_results, m_film, view));
    for (protocol::Metric& metric : patchMetrics(m_results, spec))
        m_context.metric(std::move(metric));
    m_context.metric({.name = "effective_patches", .value = m_effective});
    m_context.artifact("masks", {{"masks", m_learned},
                                 {"random", m_random},
                                 {"ids", m_images.ids},
                                 {"adversarial", adversarial.cpu().to(torch::kFloat16)}});
    m_context.artifact("outcomes", patchTensors(m_results, m_film));
}

void PatchRun::emitSurvivalOf(const torch::Tensor& adversarial)
{
    std::vector<reporting::SurvivalJudge> judges;
    for (const reporting::NamedModel& named : m_models)
        judges.push_back(
            {.name = named.name,
             .succeeds = [this, model = named.model](
                             const torch::Tensor& x) { return models::predict(*model, x) != m_results.y; },
             .counted = torch::ones({m_images.size()}, torch::kBool)});
    reporting::emitSurvival(
        m_context, reporting::measureSurvival(m_context, adversarial, m_images.x.cpu(), m_images.ids, judges,
                                              m_results.attack + " with learned masks, " +
                                                  m_results.at(m_results.eps.size() - 1),
                                              "attacked images, which all models classify correctly before"));
}

} // namespace assay::transfer
