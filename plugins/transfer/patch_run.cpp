#include "plugins/transfer/patch_run.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/survival_report.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/transfer/matrix_results.h"

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
    std::ranges::sort(m_params.maskCounts);
    const auto repeated = std::ranges::unique(m_params.maskCounts);
    m_params.maskCounts.erase(repeated.begin(), repeated.end());
}

void PatchRun::openInputs()
{
    m_attack = attacks::attacks().make(m_params.attack);
    m_gradient = dynamic_cast<const attacks::GradientAttack*>(m_attack.get());
    if (!m_gradient)
        throw Error("attack '" + m_params.attack + "' does not let masks into its gradient", "attack",
                    "Choose FGSM, PGD or one of the transfer attacks.");
    m_budget = m_attack->resolved({.norm = attacks::normFromName(m_params.norm),
                                   .eps = m_params.eps,
                                   .steps = m_params.steps,
                                   .stepSize = m_params.stepSize});
    attacks::checkMaskSearch(maskSearchSpec(m_params));
    m_dataset = m_context.dataset(m_params.dataset);
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
    m_results.attack = attackTitle(m_params.attack);
    m_results.at = "ε = " + reporting::shortText(m_params.eps) + " (" + normLabel(m_params.norm) + "), " +
                   std::to_string(m_budget.steps) + " steps";
}

void PatchRun::choosePool()
{
    const reporting::TestImages drawn = reporting::drawTestImages(m_context, *m_dataset, m_params.count);
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
    m_context.metric({.name = "effective_patches", .value = effective});
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
    const torch::Tensor learned = learnMasks();
    const torch::Tensor random =
        attacks::randomMasks(m_results.grid, maskSearchSpec(m_params), m_images.ids, m_context.seed());
    const int perStep = m_params.masksPerStep;
    m_results.methods.push_back(attackedWith("unmasked", m_results.attack, {}, 0));
    emitSuccess();
    m_results.methods.push_back(attackedWith("random", "random masks", random, perStep));
    emitSuccess();
    torch::Tensor adversarial;
    m_results.methods.push_back(attackedWith("learned", "learned masks", learned, perStep, &adversarial));
    for (const int count : m_params.maskCounts) {
        PatchMethod method = count == perStep ? m_results.methods.back()
                                              : attackedWith("learned", "learned masks", learned, count);
        m_results.counts.push_back(std::move(method));
    }
    emitSuccess();
    const metrics::BootstrapSpec spec{.resamples = m_params.resamples, .seed = m_context.seed()};
    m_context.table(gainsTable(m_results, spec));
    if (!m_results.counts.empty())
        m_context.figure(maskCountFigure(m_results));
    for (protocol::Metric& metric : patchMetrics(m_results))
        m_context.metric(std::move(metric));
    m_context.artifact("masks", {{"masks", learned},
                                 {"random", random},
                                 {"ids", m_images.ids},
                                 {"adversarial", adversarial.cpu().to(torch::kFloat16)}});
    m_film.adversarial = adversarial.narrow(0, 0, m_film.ids.size(0)).cpu();
    m_context.images(maskGrid(m_results, m_film));
    emitSurvivalOf(adversarial);
}

torch::Tensor PatchRun::learnMasks()
{
    std::vector<const models::Model*> simulated;
    for (std::size_t m = 0; m < m_models.size(); ++m)
        if (m_results.models[m].role == PatchRole::Simulated)
            simulated.push_back(m_models[m].model.get());
    const attacks::Source source(*m_models.front().model);
    const attacks::MaskSearch search(source, simulated, m_gradient->recipe(), m_budget,
                                     maskSearchSpec(m_params));
    const std::int64_t count = m_images.size(),
                       batch = std::max<std::int64_t>(1, kSearchRows / m_params.population);
    std::vector<torch::Tensor> masks;
    for (std::int64_t first = 0; first < count; first += batch) {
        const std::int64_t n = std::min(batch, count - first);
        const std::string stage = "Masks of images " + std::to_string(first + 1) + " to " +
                                  std::to_string(first + n) + " of " + std::to_string(count);
        const attacks::Context context{.seed = m_context.seed(),
                                       .hooks = m_context.attackHooks(stage),
                                       .samples = m_images.ids.narrow(0, first, n)};
        const attacks::MaskSearchState state =
            search.run(m_images.x.narrow(0, first, n), m_images.y.narrow(0, first, n), context,
                       [&](const attacks::MaskSearchState& now) { showSearch(now, first); });
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
    const std::int64_t shown =
        std::min<std::int64_t>(m_film.ids.size(0), static_cast<std::int64_t>(state.populations.size()));
    m_film.ids = m_film.ids.narrow(0, 0, shown);
    m_film.clean = m_film.clean.narrow(0, 0, shown);
    const torch::Tensor masks = attacks::maskTensor(state.populations).narrow(0, 0, shown);
    m_film.best.push_back(masks.select(1, 0).clone());
    m_film.dropped = attacks::dropFrequency(masks);
    m_context.images(maskGrid(m_results, m_film));
}

PatchMethod PatchRun::attackedWith(std::string id, std::string title, const torch::Tensor& masks, int perStep,
                                   torch::Tensor* kept)
{
    PatchMethod method{.id = std::move(id), .title = std::move(title), .masksPerStep = perStep};
    attacks::Recipe recipe = m_gradient->recipe();
    if (masks.defined())
        recipe = attacks::masked(std::move(recipe), masks, m_results.grid, perStep);
    const std::string many = perStep > 0 ? ", " + std::to_string(perStep) + " per step" : "";
    const attacks::Context context{.seed = m_context.seed(),
                                   .hooks = m_context.attackHooks("Attack: " + method.title + many)};
    const torch::Tensor adversarial =
        attacks::GradientAttack(std::move(recipe))
            .run(*m_models.front().model, m_images.x, m_images.y, m_budget, context)
            .adversarial;
    std::vector<torch::Tensor> rows;
    for (const reporting::NamedModel& named : m_models) {
        m_context.checkpoint();
        rows.push_back(models::predict(*named.model, adversarial) != m_results.y);
    }
    method.success = torch::stack(rows);
    if (kept)
        *kept = adversarial;
    return method;
}

void PatchRun::emitSuccess()
{
    m_context.figure(patchSuccessFigure(m_results));
    m_context.table(patchSuccessTable(m_results));
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
                                              m_results.attack + " with learned masks, " + m_results.at,
                                              "attacked images, which all models classify correctly before"));
}

} // namespace assay::transfer
