#include "plugins/transfer/matrix_run.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/survival_report.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <chrono>

namespace assay::transfer {

namespace {

/// Images that go through the ordeals.
constexpr std::int64_t kSurvivalImages = 300;

torch::Tensor predictionsOf(engine::RunContext& context, const std::vector<reporting::NamedModel>& models,
                            const torch::Tensor& x)
{
    std::vector<torch::Tensor> rows;
    for (const reporting::NamedModel& named : models) {
        context.checkpoint();
        rows.push_back(models::predict(*named.model, x));
    }
    return torch::stack(rows);
}

torch::Tensor frontProbabilities(const torch::Tensor& logits, std::int64_t shown)
{
    return torch::softmax(logits.narrow(0, 0, shown).cpu().to(torch::kFloat64), 1).to(torch::kFloat16);
}

std::vector<std::string> namesOf(const std::vector<reporting::NamedModel>& models)
{
    std::vector<std::string> names;
    for (const reporting::NamedModel& named : models)
        names.push_back(named.name);
    return names;
}

} // namespace

std::string matrixImagesArtifact(const MatrixView& view)
{
    return "adversarial-" + std::to_string(view.source) + "-" + std::to_string(view.attack) + "-" +
           std::to_string(view.eps);
}

MatrixRun::MatrixRun(engine::RunContext& context, MatrixParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.budget.eps);
    reporting::keepFirsts(m_params.attacks);
}

void MatrixRun::openInputs()
{
    const reporting::AttackBudget& budget = m_params.budget;
    for (const std::string& id : m_params.attacks) {
        if (m_params.targeted && !attacks::attacks().info(id).targeted)
            throw Error("attack '" + id + "' cannot aim at a class", "attacks, targeted",
                        "Leave it out, or switch 'targeted' off.");
        m_attacks.push_back(budget.make(id));
        for (const double eps : budget.eps) // refuses what is out of range before anything is computed
            m_attacks.back()->resolved(budget.at(eps));
    }
    m_dataset = m_context.dataset(m_params.images.dataset);
    m_sources = reporting::openModels(m_context, m_params.sources, m_dataset->info(), "sources");
    m_targets = reporting::openModels(m_context, m_params.targets, m_dataset->info(), "targets");
    m_images = reporting::drawTestImages(m_context, *m_dataset, m_params.images.count);
    const std::int64_t shown = std::min(kMatrixGallery, m_images.size());

    MatrixResults& r = m_results;
    r.sources = namesOf(m_sources);
    r.targets = namesOf(m_targets);
    r.attacks = m_params.attacks;
    r.classes = m_dataset->info().classes;
    r.norm = budget.norm;
    r.eps = budget.eps;
    r.ids = m_images.ids;
    r.y = m_images.y;
    if (m_params.targeted)
        r.aim = reporting::drawWrongClasses(m_context, r.y, static_cast<std::int64_t>(r.classes.size()));
    r.clean = m_dataset->pixelsOf(data::Split::Test, r.ids.narrow(0, 0, shown)).contiguous();
    m_context.progress(0, 1, "Clean predictions");
    r.cleanSource = predictionsOf(m_context, m_sources, m_images.x);
    r.cleanTarget = predictionsOf(m_context, m_targets, m_images.x);
    r.sets.resize(r.sources.size() * r.attacks.size() * r.eps.size());
    m_context.table(cleanTable(r));
    reporting::emitAttackParams(m_context, budget, r.attacks);
}

void MatrixRun::execute()
{
    openInputs();
    for (std::size_t a = 0; a < m_results.attacks.size(); ++a) {
        for (std::size_t s = 0; s < m_results.sources.size(); ++s) {
            for (std::size_t e = 0; e < m_results.eps.size(); ++e)
                attackSet(s, a, e);
            emit(a);
        }
    }
    const MatrixView view = matrixViewOf(m_results, m_params);
    const metrics::BootstrapSpec spec{.resamples = m_params.resamples, .seed = m_context.seed()};
    m_context.table(rankingTable(m_results, view.of, spec));
    m_context.table(intervalsTable(m_results, view.of, spec));
    m_context.figure(rankingFigure(m_results, view, ranking(m_results, view.eps, view.of, spec), spec));
    for (protocol::Metric& metric : matrixMetrics(m_results, view.of, spec))
        m_context.metric(std::move(metric));
    m_context.artifact("outcomes", matrixTensors(m_results));
    emitSurvivalOfView();
}

void MatrixRun::attackSet(std::size_t s, std::size_t a, std::size_t e)
{
    const MatrixView view = matrixViewOf(m_results, m_params);
    const std::string stage = reporting::attackTitle(m_results.attacks[a]) + " on " + m_results.sources[s] +
                              ", ε = " + reporting::shortText(m_results.eps[e]);
    attacks::Context context{.seed = m_context.seed(), .hooks = m_context.attackHooks(stage)};
    if (m_results.targeted())
        context.target = m_results.aim;
    const auto start = std::chrono::steady_clock::now();
    const torch::Tensor adversarial =
        m_attacks[a]
            ->run(*m_sources[s].model, m_images.x, m_images.y, m_params.budget.at(m_results.eps[e]), context)
            .adversarial;
    const auto spent = std::chrono::steady_clock::now() - start;

    const std::int64_t shown = m_results.clean.size(0);
    const auto judged = [&](const models::Model& model, torch::Tensor& probabilities) {
        m_context.checkpoint();
        const torch::Tensor logits = models::logitsChunked(model, adversarial);
        probabilities = frontProbabilities(logits, shown);
        return logits.argmax(1).cpu();
    };
    MatrixSet set;
    set.seconds = std::chrono::duration<double>(spent).count();
    set.source = judged(*m_sources[s].model, set.sourceProbabilities);
    std::vector<torch::Tensor> classes(m_targets.size()), probabilities(m_targets.size());
    for (std::size_t t = 0; t < m_targets.size(); ++t)
        classes[t] = judged(*m_targets[t].model, probabilities[t]);
    set.target = torch::stack(classes);
    set.targetProbabilities = torch::stack(probabilities);
    m_results.sets[m_results.setIndex(s, a, e)] = std::move(set);

    const torch::Tensor kept = adversarial.narrow(0, 0, shown).cpu().to(torch::kFloat16);
    m_context.artifact(matrixImagesArtifact({s, 0, a, e}), {{"adversarial", kept}});
    if (s == view.source && a == view.attack && e == view.eps) {
        m_viewed = adversarial;
        m_context.images(cellGrid(m_results, view, kept));
        m_context.figure(matrixOutcomesFigure(m_results, view));
    }
}

void MatrixRun::emit(std::size_t attack)
{
    const MatrixView view = matrixViewOf(m_results, m_params);
    m_context.figure(matrixFigure(m_results, view, attack));
    m_context.table(matrixTable(m_results, view.of));
}

void MatrixRun::emitSurvivalOfView()
{
    const MatrixView view = matrixViewOf(m_results, m_params);
    const std::int64_t n = std::min(kSurvivalImages, m_images.size());
    const MatrixResults& r = m_results;
    std::vector<reporting::SurvivalJudge> judges;
    for (std::size_t t = 0; t < m_targets.size(); ++t) {
        MatrixView cell = view;
        cell.target = t;
        judges.push_back({.name = r.targets[t],
                          .succeeds =
                              [&r, n, model = m_targets[t].model](const torch::Tensor& x) {
                                  const torch::Tensor predicted = models::predict(*model, x);
                                  return r.targeted() ? predicted == r.aim.narrow(0, 0, n)
                                                      : predicted != r.y.narrow(0, 0, n);
                              },
                          .counted = cellMasks(r, cell).counted.narrow(0, 0, n)});
    }
    const torch::Tensor clean = m_images.x.narrow(0, 0, n).cpu();
    const std::string what = reporting::attackTitle(r.attacks[view.attack]) + " on " +
                             r.sources[view.source] + ", ε = " + reporting::shortText(r.eps[view.eps]) +
                             " (" + reporting::normText(r.norm) + ")";
    reporting::emitSurvival(m_context, reporting::measureSurvival(m_context, m_viewed.narrow(0, 0, n), clean,
                                                                  r.ids.narrow(0, 0, n), judges, what,
                                                                  denominatorText(r, view.of)));
}

} // namespace assay::transfer
