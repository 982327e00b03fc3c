#include "plugins/attacks/robustness_run.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/survival_report.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace assay::robustness {

namespace {

/// Examples kept of each model, attack and radius.
constexpr std::int64_t kKeptImages = 200;
/// Steps of the attack without a bound.
constexpr int kUnboundedSteps = 100;

/// A radius that bounds nothing: the ball holds all of [0,1]^d.
double unboundedEps(attacks::Norm norm, const data::DatasetInfo& info)
{
    const double pixels = static_cast<double>(info.channels * info.height * info.width);
    return norm == attacks::Norm::Linf ? 1 : norm == attacks::Norm::L2 ? std::sqrt(pixels) : pixels;
}

} // namespace

std::string examplesArtifact(const RobustnessView& view)
{
    return "examples-" + std::to_string(view.model) + "-" + std::to_string(view.attack) + "-" +
           std::to_string(view.eps);
}

RobustnessRun::RobustnessRun(engine::RunContext& context, RobustnessParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.budget.eps);
    reporting::sortUnique(m_params.stepsList);
    reporting::keepFirsts(m_params.attacks);
}

void RobustnessRun::openInputs()
{
    const reporting::AttackBudget& budget = m_params.budget;
    for (const std::string& id : m_params.attacks) {
        m_attacks.push_back(budget.make(id));
        for (const double eps : budget.eps) // refuses what is out of range before anything is computed
            m_attacks.back()->resolved(budget.at(eps));
    }
    m_stepsAttack = budget.make(m_params.stepsAttack);
    for (const int steps : m_params.stepsList)
        m_stepsAttack->resolved(budget.at(m_params.stepsEps, steps));
    m_dataset = m_context.dataset(m_params.images.dataset);
    m_models = reporting::openModels(m_context, m_params.models, m_dataset->info(), "models");
    m_images = reporting::drawTestImages(m_context, *m_dataset, m_params.images.count);

    RobustnessResults& r = m_results;
    r.attacks = m_params.attacks;
    r.classes = m_dataset->info().classes;
    r.norm = budget.norm;
    r.eps = budget.eps;
    r.stepsAttack = m_params.stepsAttack;
    r.steps = m_params.stepsList;
    r.stepsEps = m_params.stepsEps;
    r.ids = m_images.ids;
    r.y = m_images.y;
    for (const reporting::NamedModel& named : m_models) {
        m_context.checkpoint();
        m_context.progress(static_cast<double>(r.models.size()), static_cast<double>(m_models.size()),
                           "Clean predictions");
        r.models.push_back(named.name);
        r.correct.push_back(models::predict(*named.model, m_images.x) == r.y);
    }
    r.byEps.assign(r.models.size(),
                   std::vector<std::vector<Point>>(r.attacks.size(), std::vector<Point>(r.eps.size())));
    r.bySteps.assign(r.models.size(), std::vector<Point>(r.steps.size()));
    std::vector<std::string> used = r.attacks;
    used.push_back(r.stepsAttack);
    if (m_params.checks)
        used.insert(used.end(), {"fgsm", "square"});
    reporting::emitAttackParams(m_context, budget, used);
}

void RobustnessRun::execute()
{
    openInputs();
    std::int64_t done = 0;
    bool checked = !m_params.checks;
    for (const std::int64_t end : rounds(m_images.size())) {
        evaluate(done, end);
        done = end;
        m_context.log("Accuracy of the first " + std::to_string(done) + " of " +
                      std::to_string(m_images.size()) + " images is known.");
        if (!checked && done >= std::min<std::int64_t>(m_params.checkCount, m_images.size())) {
            runChecks();
            checked = true;
        }
    }
    for (MaskingCheck& check : checkMonotone(m_results))
        m_checks.push_back(std::move(check));
    for (const MaskingCheck& check : m_checks)
        if (check.warning)
            m_context.log("Possibly masked gradients, " + check.model + ", " + check.check + ": " +
                              check.sentence,
                          protocol::LogLevel::Warning);
    if (m_params.checks || !m_checks.empty())
        m_context.table(checksTable(m_checks));
    for (protocol::Metric& metric : robustnessMetrics(m_results, m_checks))
        m_context.metric(std::move(metric));
    engine::TensorMap outcomes = toTensors(m_results);
    outcomes["clean"] =
        m_images.x.cpu().to(torch::kFloat16).narrow(0, 0, std::min(m_images.size(), 2 * kKeptImages));
    m_context.artifact("outcomes", outcomes);
    for (const auto& [where, kept] : m_kept) {
        const auto [m, a, e] = where;
        m_context.artifact(
            examplesArtifact({m, a, e}),
            {{"rows", kept.rows}, {"adversarial", kept.adversarial}, {"predicted", kept.predicted}});
    }
    emitExamples();
    emitSurvivalOfView();
}

void RobustnessRun::evaluate(std::int64_t first, std::int64_t end)
{
    const std::string upTo = ", images " + std::to_string(first + 1) + " to " + std::to_string(end);
    for (std::size_t m = 0; m < m_models.size(); ++m) {
        for (std::size_t a = 0; a < m_attacks.size(); ++a) {
            for (std::size_t e = 0; e < m_results.eps.size(); ++e) {
                const double eps = m_results.eps[e];
                const Attacked found =
                    attacked(m, *m_attacks[a], m_params.budget.at(eps), first, end - first,
                             reporting::attackTitle(m_results.attacks[a]) + " on " + m_results.models[m] +
                                 ", ε = " + reporting::shortText(eps) + upTo);
                m_results.byEps[m][a][e].add(found.robust, found.seconds);
                keepExamples(m, a, e, found);
            }
            emit();
        }
        for (std::size_t k = 0; k < m_results.steps.size(); ++k) {
            const int steps = m_results.steps[k];
            const Attacked found =
                attacked(m, *m_stepsAttack, m_params.budget.at(m_results.stepsEps, steps), first, end - first,
                         reporting::attackTitle(m_results.stepsAttack) + " on " + m_results.models[m] + ", " +
                             std::to_string(steps) + " steps" + upTo);
            m_results.bySteps[m][k].add(found.robust, found.seconds);
        }
        emit();
    }
}

RobustnessRun::Attacked RobustnessRun::attacked(std::size_t m, const attacks::Attack& attack,
                                                const attacks::Budget& budget, std::int64_t first,
                                                std::int64_t count, const std::string& stage)
{
    Attacked result;
    result.robust = m_results.correct[m].narrow(0, first, count).clone();
    result.rows = result.robust.nonzero().flatten() + first;
    const reporting::TestImages images = m_images.select(result.rows);
    if (budget.eps == 0 || images.size() == 0) {
        result.adversarial = images.x;
        return result;
    }
    attacks::Context context{.seed = m_context.seed(), .hooks = m_context.attackHooks(stage)};
    context.stopWhenFooled = true; // only success counts
    context.samples = result.rows; // the same digits whatever the rounds
    const auto start = std::chrono::steady_clock::now();
    const attacks::AttackResult found = attack.run(*m_models[m].model, images.x, images.y, budget, context);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result.adversarial = found.adversarial;
    result.robust.index_put_({result.rows - first}, found.success.logical_not());
    return result;
}

void RobustnessRun::keepExamples(std::size_t m, std::size_t a, std::size_t e, const Attacked& found)
{
    KeptExamples& kept = m_kept[{m, a, e}];
    const std::int64_t have = kept.rows.defined() ? kept.rows.size(0) : 0;
    // Only images of the front: the run's artifact holds no others.
    const std::int64_t inFront = (found.rows < 2 * kKeptImages).sum().item<std::int64_t>();
    const std::int64_t more = std::min(kKeptImages - have, inFront);
    if (have > 0 && more <= 0)
        return;
    const torch::Tensor adversarial = found.adversarial.narrow(0, 0, more);
    const KeptExamples now{found.rows.narrow(0, 0, more), adversarial.cpu().to(torch::kFloat16),
                           models::predict(*m_models[m].model, adversarial)};
    kept = have == 0 ? now
                     : KeptExamples{torch::cat({kept.rows, now.rows}),
                                    torch::cat({kept.adversarial, now.adversarial}),
                                    torch::cat({kept.predicted, now.predicted})};
}

void RobustnessRun::runChecks()
{
    const std::int64_t count = std::min<std::int64_t>(m_params.checkCount, m_images.size());
    const attacks::Norm norm = attacks::normFromName(m_params.budget.norm);
    const attacks::Budget usual = m_params.budget.at(m_params.stepsEps);
    const auto norms = [&](const char* id) {
        for (const attacks::AttackInfo& info : attacks::attacks().list())
            if (info.id == id)
                return std::ranges::find(info.norms, norm) != info.norms.end();
        return false;
    };
    const std::string iterative = reporting::attackTitle(m_params.stepsAttack) + ", " +
                                  std::to_string(m_params.budget.steps) + " steps";
    for (std::size_t m = 0; m < m_models.size(); ++m) {
        const std::string& model = m_results.models[m];
        const std::string stage = "Checks on " + model;
        const torch::Tensor correct = m_results.correct[m].narrow(0, 0, count);
        const torch::Tensor many = attacked(m, *m_stepsAttack, usual, 0, count, stage).robust;
        const auto compare = [&](const char* check, const char* id, const std::string& title) {
            if (!norms(id))
                return m_context.log(title + " does not know the norm " +
                                     reporting::normText(m_params.budget.norm) + ": the check '" + check +
                                     "' is left out.");
            const torch::Tensor one = attacked(m, *m_params.budget.make(id), usual, 0, count, stage).robust;
            m_checks.push_back(compareAttacks(model, check, title, iterative, one, many));
        };
        compare("one-step", "fgsm", "FGSM");
        compare("black-box", "square", "Square, " + std::to_string(m_params.budget.queries) + " queries");
        attacks::Budget open = m_params.budget.at(unboundedEps(norm, m_dataset->info()), kUnboundedSteps);
        open.stepSize = 0;
        const torch::Tensor left = attacked(m, *m_stepsAttack, open, 0, count, stage).robust;
        m_checks.push_back(
            checkUnbounded(model, reporting::attackTitle(m_params.stepsAttack), left.masked_select(correct)));
    }
    m_context.table(checksTable(m_checks));
}

void RobustnessRun::emit()
{
    m_context.table(curveTable(m_results));
    m_context.table(stepsTable(m_results));
    m_context.table(classesTable(m_results));
    m_context.figure(accuracyByEpsFigure(m_results));
    const protocol::Figure steps = accuracyByStepsFigure(m_results);
    if (!steps.layers.empty())
        m_context.figure(steps);
    const RobustnessView view = viewOf(m_results, m_params);
    if (m_results.byEps[view.model][view.attack].back().n() > 0)
        m_context.figure(perClassFigure(m_results, view));
}

void RobustnessRun::emitExamples()
{
    const RobustnessView view = viewOf(m_results, m_params);
    const KeptExamples& kept = m_kept.at({view.model, view.attack, view.eps});
    if (kept.rows.size(0) > 0)
        m_context.images(examplesGrid(m_results, view, kept, m_images.x.cpu()));
}

void RobustnessRun::emitSurvivalOfView()
{
    const RobustnessView view = viewOf(m_results, m_params);
    const KeptExamples& kept = m_kept.at({view.model, view.attack, view.eps});
    if (kept.rows.size(0) == 0)
        return;
    const auto& model = m_models[view.model];
    const torch::Tensor y = m_results.y.index_select(0, kept.rows);
    const reporting::SurvivalJudge judge{
        .name = model.name,
        .succeeds = [&](const torch::Tensor& x) { return models::predict(*model.model, x) != y; },
        .counted = torch::ones({kept.rows.size(0)}, torch::kBool)};
    reporting::emitSurvival(
        m_context,
        reporting::measureSurvival(m_context, kept.adversarial, m_images.x.cpu().index_select(0, kept.rows),
                                   m_results.ids.index_select(0, kept.rows), {judge},
                                   reporting::attackTitle(m_results.attacks[view.attack]) + " on " +
                                       model.name + ", ε = " + reporting::shortText(m_results.eps[view.eps]) +
                                       " (" + reporting::normText(m_results.norm) + ")",
                                   "the first " + std::to_string(kept.rows.size(0)) + " images that " +
                                       model.name + " classifies correctly without an attack"));
}

} // namespace assay::robustness
