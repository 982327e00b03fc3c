#include "plugins/calibration/methods.h"

#include "backend/engine/reporting/stored_results.h"
#include "plugins/calibration/reliability_report.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace assay::confidence {

using metrics::CalibrationMetric;

namespace {

constexpr std::array kCompared = {CalibrationMetric::Accuracy, CalibrationMetric::Ece, CalibrationMetric::Nll,
                                  CalibrationMetric::Brier, CalibrationMetric::Auroc};

std::int64_t at(std::size_t i)
{
    return static_cast<std::int64_t>(i);
}

} // namespace

std::span<const CalibrationMetric> comparedMetrics()
{
    return kCompared;
}

std::size_t comparedPosition(const std::string& key)
{
    const auto it = std::ranges::find(kCompared, key, metricKey);
    return it == kCompared.end() ? 1 : static_cast<std::size_t>(it - kCompared.begin());
}

double shownScale(CalibrationMetric metric)
{
    return metric == CalibrationMetric::Accuracy || metric == CalibrationMetric::Ece ? 100 : 1;
}

std::string shownUnit(CalibrationMetric metric)
{
    return shownScale(metric) == 100 ? "%" : "";
}

void MethodResults::allocate()
{
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    const std::vector<std::int64_t> shape = {at(models.size()), at(methods.size()), at(shifts.size()), splits,
                                             at(kCompared.size())};
    values = torch::full(shape, kUnknown, torch::kFloat64);
    std::vector<std::int64_t> ends = shape;
    ends.push_back(2);
    n = torch::zeros({at(models.size()), at(shifts.size())}, torch::kInt64);
    changes = torch::full(ends, kUnknown, torch::kFloat64);
}

double MethodResults::value(std::size_t m, std::size_t k, std::size_t s, std::size_t r, std::size_t q) const
{
    return values.accessor<double, 5>()[at(m)][at(k)][at(s)][at(r)][at(q)];
}

double MethodResults::change(std::size_t m, std::size_t k, std::size_t s, std::size_t r, std::size_t q) const
{
    return value(m, k, s, r, q) - value(m, methods[k].baseline, s, r, q);
}

metrics::Interval MethodResults::interval(std::size_t m, std::size_t k, std::size_t s, std::size_t r,
                                          std::size_t q) const
{
    const auto ends = changes.accessor<double, 6>()[at(m)][at(k)][at(s)][at(r)][at(q)];
    return {ends[0], ends[1]};
}

bool MethodResults::measured(std::size_t m, std::size_t s) const
{
    return !std::isnan(value(m, 0, s, 0, 0));
}

MethodResults::Verdict MethodResults::verdict(std::size_t m, std::size_t k, std::size_t s,
                                              std::size_t q) const
{
    Verdict verdict{.splits = splits};
    for (int r = 0; r < splits; ++r) {
        const metrics::Interval ends = interval(m, k, s, static_cast<std::size_t>(r), q);
        verdict.lower += ends.high < 0;
        verdict.higher += ends.low > 0;
    }
    return verdict;
}

double MethodResults::meanValue(std::size_t m, std::size_t k, std::size_t s, std::size_t q) const
{
    double sum = 0;
    for (int r = 0; r < splits; ++r)
        sum += value(m, k, s, static_cast<std::size_t>(r), q);
    return sum / splits;
}

double MethodResults::shiftedMean(std::size_t m, std::size_t k, std::size_t r, std::size_t q,
                                  Shifted which) const
{
    double sum = 0;
    int count = 0;
    for (std::size_t s = 0; s < shifts.size(); ++s) {
        const bool wanted = which == Shifted::All || (which == Shifted::Domains) == shifts[s].natural();
        if (shifts[s].clean() || !wanted || !measured(m, s))
            continue;
        sum += value(m, k, s, r, q);
        ++count;
    }
    return sum / count; // NaN of none
}

void MethodJudge::judge(std::size_t m, std::size_t s, std::size_t r,
                        const std::vector<torch::Tensor>& probabilities, const torch::Tensor& labels)
{
    std::vector<torch::Tensor> drawn;
    auto values = m_results.values.accessor<double, 5>();
    auto changes = m_results.changes.accessor<double, 6>();
    m_results.n.index_put_({at(m), at(s)}, labels.size(0));
    for (std::size_t k = 0; k < probabilities.size(); ++k) {
        const auto predictions = metrics::LabelledProbabilities::fromProbabilities(probabilities[k], labels);
        const std::vector<double> measured =
            metrics::calibrationMetrics(predictions, kCompared, m_results.bins);
        drawn.push_back(metrics::resampledCalibration(predictions, kCompared, m_results.bins,
                                                      {.resamples = m_resamples, .seed = m_seed}));
        const std::size_t baseline = m_results.methods[k].baseline;
        for (std::size_t q = 0; q < kCompared.size(); ++q) {
            values[at(m)][at(k)][at(s)][at(r)][at(q)] = measured[q];
            if (baseline == k)
                continue;
            const metrics::Interval ends =
                metrics::percentileInterval(drawn[k].select(1, at(q)) - drawn[baseline].select(1, at(q)));
            changes[at(m)][at(k)][at(s)][at(r)][at(q)][0] = ends.low;
            changes[at(m)][at(k)][at(s)][at(r)][at(q)][1] = ends.high;
        }
    }
}

std::string splitStream(int split)
{
    return "split." + std::to_string(split);
}

SplitRows splitRows(const engine::RunContext& context, std::int64_t n, const std::string& stream,
                    double share)
{
    const torch::Tensor order = torch::randperm(n, context.generator(stream), torch::kInt64);
    const auto count = std::clamp<std::int64_t>(std::llround(share * static_cast<double>(n)), 1,
                                                std::max<std::int64_t>(1, n - 1));
    return {std::get<0>(order.narrow(0, 0, count).sort()),
            std::get<0>(order.narrow(0, count, n - count).sort())};
}

torch::Tensor judgedRows(const SplitRows& rows, const Shift& shift, std::int64_t n)
{
    return shift.natural() ? torch::arange(n, torch::kInt64) : rows.test;
}

engine::TensorMap toTensors(const MethodResults& r)
{
    Json methods = Json::array(), shifts = Json::array();
    for (const Method& method : r.methods)
        methods.push_back({{"id", method.id}, {"title", method.title}, {"baseline", method.baseline}});
    for (const Shift& shift : r.shifts)
        shifts.push_back({{"id", shift.id}, {"severity", shift.severity}});
    const Json meta = {{"models", r.models}, {"families", r.families}, {"methods", methods},
                       {"shifts", shifts},   {"splits", r.splits},     {"bins", r.bins}};
    return {{"meta", reporting::jsonTensor(meta)}, {"values", r.values}, {"n", r.n}, {"changes", r.changes}};
}

MethodResults methodResultsFrom(const engine::TensorMap& tensors)
{
    MethodResults r;
    const reporting::StoredResults stored(tensors);
    stored.meta([&](const Json& meta) {
        meta.at("models").get_to(r.models);
        meta.at("splits").get_to(r.splits);
        meta.at("families").get_to(r.families);
        meta.at("bins").get_to(r.bins);
        for (const Json& method : meta.at("methods"))
            r.methods.push_back({method.at("id").get<std::string>(), method.at("title").get<std::string>(),
                                 method.at("baseline").get<std::size_t>()});
        for (const Json& shift : meta.at("shifts"))
            r.shifts.push_back({shift.at("id").get<std::string>(), shift.at("severity").get<double>()});
    });
    const MethodResults expected = [&] {
        MethodResults shaped = r;
        shaped.allocate();
        return shaped;
    }();
    r.values = stored.at("values", torch::kFloat64, 5);
    r.n = stored.at("n", torch::kInt64, 2);
    r.changes = stored.at("changes", torch::kFloat64, 6);
    const bool baselines =
        std::ranges::all_of(r.methods, [&](const Method& m) { return m.baseline < r.methods.size(); });
    if (r.values.sizes() != expected.values.sizes() || !baselines || r.families.size() != r.models.size())
        reporting::StoredResults::refuse("values");
    if (r.n.sizes() != expected.n.sizes())
        reporting::StoredResults::refuse("n");
    if (r.changes.sizes() != expected.changes.sizes())
        reporting::StoredResults::refuse("changes");
    return r;
}

} // namespace assay::confidence
