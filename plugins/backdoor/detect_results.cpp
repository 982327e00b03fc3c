#include "plugins/backdoor/detect_results.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/metrics/statistics.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace assay::backdoor {

namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

std::span<const double> numbersOf(const torch::Tensor& values)
{
    return {values.data_ptr<double>(), static_cast<std::size_t>(values.numel())};
}

std::string keyOf(const char* what, std::size_t i, const char* part)
{
    return what + std::to_string(i) + "." + part;
}

Json traceJson(const PscTrace& trace)
{
    return {{"omega", trace.omega}, {"eta", trace.eta}, {"k", trace.k}, {"crossed", trace.crossed}};
}

PscTrace traceFrom(const Json& json)
{
    return {.omega = json.at("omega").get<double>(),
            .eta = json.at("eta").get<std::vector<double>>(),
            .k = json.at("k").get<std::int64_t>(),
            .crossed = json.at("crossed").get<bool>()};
}

Json subjectJson(const DetectSubjectResults& s)
{
    Json traces = Json::array();
    for (const auto& repeat : s.traces) {
        Json list = Json::array();
        for (const PscTrace& trace : repeat)
            list.push_back(traceJson(trace));
        traces.push_back(std::move(list));
    }
    return {{"name", s.name},
            {"trigger", s.trigger},
            {"text", s.text},
            {"layers", s.layerKind},
            {"traces", std::move(traces)}};
}

Json outcomeJson(const DetectOutcome& o)
{
    return {{"subject", o.subject},
            {"seed", o.seed},
            {"detector", o.detector},
            {"training", o.ofTraining},
            {"own", o.own ? Json(*o.own) : Json()},
            {"seconds", o.seconds}};
}

/// Calls @p use(name, tensor of it) for the tensors of a subject.
template <class Subject, class Use>
void eachTensor(Subject& s, Use use)
{
    use("depth_rows", s.depthRows, torch::kInt64, 1);
    use("confidences", s.confidences, torch::kFloat32, 2);
    use("hardness", s.hardness, torch::kInt64, 2);
    use("images", s.images, torch::kUInt8, 4);
    use("training_images", s.trainingImages, torch::kUInt8, 4);
}

template <class Outcome, class Use>
void eachOutcomeTensor(Outcome& o, Use use)
{
    use("scores", o.scores, torch::kFloat64, 1);
    use("poisoned", o.poisoned, torch::kBool, 1);
    use("ids", o.ids, torch::kInt64, 1);
    use("truth", o.truth, torch::kInt64, 1);
    use("filed", o.filed, torch::kInt64, 1);
    use("reference", o.reference, torch::kFloat64, 1);
}

} // namespace

metrics::SortedScores DetectOutcome::sorted() const
{
    const torch::Tensor positive = poisoned.to(torch::kUInt8).contiguous();
    return {numbersOf(scores),
            {positive.data_ptr<std::uint8_t>(), static_cast<std::size_t>(positive.numel())}};
}

double DetectOutcome::quantileThreshold(double q) const
{
    return metrics::quantile(numbersOf(reference), q);
}

const DetectOutcome* DetectResults::find(std::int64_t subject, int seed, const std::string& detector) const
{
    for (const DetectOutcome& outcome : outcomes)
        if (outcome.subject == subject && outcome.seed == seed && outcome.detector == detector)
            return &outcome;
    return nullptr;
}

std::vector<std::string> DetectResults::detectors() const
{
    std::vector<std::string> ids;
    for (const DetectOutcome& outcome : outcomes)
        if (outcome.subject == 0 && outcome.seed == 0)
            ids.push_back(outcome.detector);
    return ids;
}

engine::TensorMap toTensors(const DetectResults& r)
{
    engine::TensorMap map;
    Json subjects = Json::array(), outcomes = Json::array();
    const auto put = [&map](const char* what, std::size_t i) {
        return [&map, what, i](const char* part, const torch::Tensor& value, torch::Dtype, std::int64_t) {
            if (value.defined())
                map[keyOf(what, i, part)] = value.contiguous();
        };
    };
    for (std::size_t i = 0; i < r.subjects.size(); ++i) {
        subjects.push_back(subjectJson(r.subjects[i]));
        eachTensor(r.subjects[i], put("subject", i));
    }
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) {
        outcomes.push_back(outcomeJson(r.outcomes[i]));
        eachOutcomeTensor(r.outcomes[i], put("outcome", i));
    }
    map["meta"] = reporting::jsonTensor({{"dataset", r.dataset},
                                         {"classes", r.classes},
                                         {"corruptions", r.corruptions},
                                         {"subjects", std::move(subjects)},
                                         {"outcomes", std::move(outcomes)}});
    return map;
}

DetectResults detectResultsFrom(const engine::TensorMap& tensors)
{
    DetectResults r;
    const reporting::StoredResults stored(tensors);
    stored.meta([&](const Json& meta) {
        meta.at("dataset").get_to(r.dataset);
        meta.at("classes").get_to(r.classes);
        meta.at("corruptions").get_to(r.corruptions);
        for (const Json& json : meta.at("subjects")) {
            DetectSubjectResults& s = r.subjects.emplace_back();
            json.at("name").get_to(s.name);
            json.at("trigger").get_to(s.trigger);
            json.at("text").get_to(s.text);
            json.at("layers").get_to(s.layerKind);
            for (const Json& repeat : json.at("traces")) {
                s.traces.emplace_back();
                for (const Json& trace : repeat)
                    s.traces.back().push_back(traceFrom(trace));
            }
        }
        for (const Json& json : meta.at("outcomes")) {
            DetectOutcome& o = r.outcomes.emplace_back();
            json.at("subject").get_to(o.subject);
            json.at("seed").get_to(o.seed);
            json.at("detector").get_to(o.detector);
            json.at("training").get_to(o.ofTraining);
            if (!json.at("own").is_null())
                o.own = json.at("own").get<double>();
            json.at("seconds").get_to(o.seconds);
        }
    });
    for (std::size_t i = 0; i < r.subjects.size(); ++i)
        eachTensor(r.subjects[i],
                   [&](const char* part, torch::Tensor& value, torch::Dtype type, std::int64_t dimensions) {
                       if (stored.has(keyOf("subject", i, part)))
                           value = stored.at(keyOf("subject", i, part), type, dimensions);
                   });
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) {
        DetectOutcome& o = r.outcomes[i];
        eachOutcomeTensor(
            o, [&](const char* part, torch::Tensor& value, torch::Dtype type, std::int64_t dimensions) {
                value = stored.at(keyOf("outcome", i, part), type, dimensions);
            });
        if (o.subject < 0 || o.subject >= static_cast<std::int64_t>(r.subjects.size()) ||
            o.scores.size(0) != o.size() || o.poisoned.size(0) != o.size())
            reporting::StoredResults::refuse(keyOf("outcome", i, "scores"));
    }
    if (r.outcomes.empty())
        reporting::StoredResults::refuse("meta");
    return r;
}

DetectView detectView(const DetectResults& r, const DetectParams& p)
{
    std::vector<std::string> names;
    for (const DetectSubjectResults& subject : r.subjects)
        names.push_back(subject.name);
    const std::vector<std::string> detectors = r.detectors();
    DetectView view;
    view.subject = static_cast<std::int64_t>(reporting::positionOf(names, p.viewModel));
    const std::string& detector = detectors[reporting::positionOf(detectors, p.viewDetector)];
    view.outcome = *r.find(view.subject, 0, detector);
    const DetectSubjectResults& subject = r.subjects[static_cast<std::size_t>(view.subject)];
    if (detector == "teco" && !p.viewCorruptions.empty()) {
        std::vector<std::int64_t> columns;
        for (const std::string& id : p.viewCorruptions)
            if (const auto at = std::ranges::find(r.corruptions, id); at != r.corruptions.end())
                columns.push_back(at - r.corruptions.begin());
        if (!columns.empty())
            view.outcome.scores = tecoSpread(
                subject.hardness.index_select(1, torch::tensor(columns, torch::kInt64)), p.measure);
    }
    view.threshold = p.threshold.value_or(view.outcome.usualThreshold(p.quantile));
    // The images on the wall are test images, whatever the detector looks at.
    const auto ofTest = std::ranges::find_if(r.outcomes, [&](const DetectOutcome& o) {
        return o.subject == view.subject && o.seed == 0 && !o.ofTraining;
    });
    if (ofTest != r.outcomes.end()) {
        const torch::Tensor wanted = ofTest->ids.eq(static_cast<std::int64_t>(p.sample)).nonzero().flatten();
        const torch::Tensor triggered = ofTest->poisoned.nonzero().flatten();
        const torch::Tensor& from = wanted.numel() > 0 ? wanted : triggered;
        view.wallRow = from.numel() > 0 ? from[0].item<std::int64_t>() : 0;
    }
    return view;
}

DetectRates detectRates(const DetectOutcome& o, double threshold)
{
    const torch::Tensor flagged = o.scores.gt(threshold);
    const std::int64_t positives = o.poisoned.sum().item<std::int64_t>();
    const std::int64_t hits = flagged.logical_and(o.poisoned).sum().item<std::int64_t>();
    const std::int64_t alarms = flagged.sum().item<std::int64_t>() - hits;
    const auto n = static_cast<double>(o.size());
    return {.tpr = metrics::wilson(hits, positives),
            .fpr = metrics::wilson(alarms, o.size() - positives),
            .f1 = metrics::f1Score({.truePositives = hits, .falsePositives = alarms}, positives),
            .accuracy = static_cast<double>(hits + o.size() - positives - alarms) / n};
}

MeanOfRuns meanOfRuns(const std::vector<double>& values)
{
    // 97.5 % quantiles of Student's t with 1 .. 10 degrees of freedom.
    constexpr std::array<double, 10> kQuantiles = {12.706, 4.303, 3.182, 2.776, 2.571,
                                                   2.447,  2.365, 2.306, 2.262, 2.228};
    const auto n = values.size();
    MeanOfRuns m{.n = static_cast<std::int64_t>(n),
                 .mean = metrics::mean(values),
                 .deviation = kNoNumber,
                 .low = kNoNumber,
                 .high = kNoNumber};
    if (n < 2)
        return m;
    double squares = 0;
    for (const double value : values)
        squares += (value - m.mean) * (value - m.mean);
    const double freedom = static_cast<double>(n - 1);
    m.deviation = std::sqrt(squares / freedom);
    // Beyond the table the expansion 1.96 + 2.37 / freedom + 2.8 / freedom^2 is right to three digits.
    const double t = n - 1 <= kQuantiles.size() ? kQuantiles[n - 2]
                                                : 1.95996 + 2.3722 / freedom + 2.8225 / (freedom * freedom);
    const double half = t * m.deviation / std::sqrt(static_cast<double>(n));
    m.low = std::max(0.0, m.mean - half);
    m.high = std::min(1.0, m.mean + half);
    return m;
}

} // namespace assay::backdoor
