#include "plugins/calibration/compare_run.h"

#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

CompareRun::CompareRun(engine::RunContext& context, CompareParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.comparison.severities);
    reporting::keepFirsts(m_params.comparison.shifts);
    reporting::keepFirsts(m_params.comparison.domains);
    m_params.calibrators.insert(m_params.calibrators.begin(), "none");
    reporting::keepFirsts(m_params.calibrators);
}

void CompareRun::openInputs()
{
    const ShiftedComparison& c = m_params.comparison;
    m_results.shifts = shiftsOf(c.shifts, c.severities, c.domains);
    m_results.splits = c.splits;
    m_results.bins = c.bins;
    for (const std::string& id : m_params.calibrators)
        m_results.methods.push_back({id, calibration::calibratorKind(id).title, 0});
    for (const protocol::ModelRef& ref : m_params.models) {
        const std::string name = reporting::shownName(ref.name);
        if (std::ranges::find(m_results.models, name) != m_results.models.end())
            throw Error("two models are called '" + name + "'", "models",
                        "List each once; rename files so that tables can tell them apart.");
        Judged judged{.model = m_context.model(ref)};
        judged.logits.resize(m_results.shifts.size());
        judged.labels.resize(m_results.shifts.size());
        if (judged.model->hasNetwork()) {
            if (!m_tests)
                m_tests.emplace(m_context, m_context.dataset(c.dataset), c.count, c.domains);
            reporting::requireModelFits(*judged.model, m_tests->dataset()->info());
        } else {
            const Answers answers = openAnswers(m_context, ref, c.dataset, c.count);
            judged.labels[0] = answers.labels;
            judged.logits[0] = answers.logits;
        }
        m_results.models.push_back(name);
        m_judged.push_back(std::move(judged));
    }
    m_results.families = m_results.models;
    m_results.allocate();
}

void CompareRun::ask(std::size_t m)
{
    Judged& judged = m_judged[m];
    if (!judged.model->hasNetwork())
        return;
    for (std::size_t s = 0; s < m_results.shifts.size(); ++s) {
        m_context.checkpoint();
        const Shift& shift = m_results.shifts[s];
        const std::string stage = m_results.models[m] + " on images, " + shiftText(shift);
        const auto compute = [&] {
            const reporting::TestImages images = m_tests->under(shift);
            return engine::TensorMap{{"logits", askedLogits(m_context, *judged.model, images.x, stage)},
                                     {"labels", images.y}};
        };
        // A model without a hash cannot be told from another one.
        const engine::TensorMap map =
            judged.model->card().sha256.empty()
                ? compute()
                : m_context.cached(m_tests->key("calibration.logits", *judged.model, shift), compute);
        judged.labels[s] = map.at("labels").cpu();
        judged.logits[s] = map.at("logits").cpu();
    }
}

void CompareRun::compare(std::size_t m, int split)
{
    // Fits and resamples are short sums: to share one out to many threads takes longer than to make it.
    const models::SingleThread alone;
    const Judged& judged = m_judged[m];
    const SplitRows rows =
        splitRows(m_context, judged.labels[0].size(0), splitStream(split), m_params.comparison.fitShare);
    const calibration::FitSet set(judged.logits[0].index_select(0, rows.fit),
                                  judged.labels[0].index_select(0, rows.fit));
    const std::string stage = "Calibrating " + m_results.models[m] + ", split " + std::to_string(split);
    std::vector<std::unique_ptr<calibration::Calibrator>> calibrators;
    for (const Method& method : m_results.methods) {
        m_context.checkpoint();
        m_context.progress(static_cast<double>(calibrators.size()),
                           static_cast<double>(m_results.methods.size()), stage);
        calibrators.push_back(calibration::calibratorKind(method.id).fit(set, {.bins = m_results.bins}));
    }
    for (std::size_t s = 0; s < m_results.shifts.size(); ++s) {
        if (!judged.logits[s].defined())
            continue;
        m_context.checkpoint();
        m_context.progress(static_cast<double>(s), static_cast<double>(m_results.shifts.size()),
                           "Judging " + m_results.models[m] + ", split " + std::to_string(split));
        const torch::Tensor test = judgedRows(rows, m_results.shifts[s], judged.labels[s].size(0));
        const torch::Tensor logits = judged.logits[s].index_select(0, test);
        std::vector<torch::Tensor> probabilities;
        for (const auto& calibrator : calibrators)
            probabilities.push_back(calibrator->apply(logits));
        MethodJudge(m_results, m_params.comparison.resamples,
                    m_context.seed() + static_cast<std::uint64_t>(split))
            .judge(m, s, static_cast<std::size_t>(split), probabilities,
                   judged.labels[s].index_select(0, test));
    }
}

void CompareRun::execute()
{
    openInputs();
    for (std::size_t m = 0; m < m_judged.size(); ++m) {
        ask(m);
        for (int split = 0; split < m_results.splits; ++split)
            compare(m, split);
        m_judged[m] = {};
        m_context.table(compareTable(m_results, "compare"));
        m_context.table(overviewTable(m_results));
        if (m == viewOf(m_results, m_params.comparison).model)
            emitComparisonView(m_context, m_results, m_params.comparison);
    }
    m_context.artifact("outcomes", toTensors(m_results));
    m_context.table(changesTable(m_results));
    for (protocol::Metric& metric : methodMetrics(m_results))
        m_context.metric(std::move(metric));
}

MethodView viewOf(const MethodResults& r, const ShiftedComparison& p)
{
    return {.model = reporting::positionOf(r.models, reporting::shownName(p.viewModel)),
            .metric = comparedPosition(p.viewMetric),
            .shift = p.viewShift};
}

void emitComparisonView(engine::RunContext& context, const MethodResults& results,
                        const ShiftedComparison& params)
{
    const MethodView view = viewOf(results, params);
    context.figure(changesFigure(results, view));
    context.figure(severityFigure(results, view));
}

} // namespace assay::confidence
