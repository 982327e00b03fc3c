#include "plugins/calibration/reliability_results.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"

#include <torch/types.h>

#include <utility>

namespace assay::confidence {

engine::TensorMap toTensors(const ReliabilityResults& r)
{
    Json meta = {{"model", r.answers.model}, {"classes", r.answers.classes}, {"gallery", r.gallery}};
    if (r.temperature)
        meta["temperature"] = *r.temperature;
    return {{"meta", reporting::jsonTensor(meta)},
            {"logits", r.answers.logits},
            {"labels", r.answers.labels},
            {"ids", r.answers.ids},
            {"fitted", r.fitted.to(torch::kUInt8)}};
}

ReliabilityResults reliabilityFrom(const engine::TensorMap& tensors)
{
    ReliabilityResults r;
    const reporting::StoredResults stored(tensors);
    stored.meta([&](const Json& meta) {
        meta.at("model").get_to(r.answers.model);
        meta.at("classes").get_to(r.answers.classes);
        meta.at("gallery").get_to(r.gallery);
        if (meta.contains("temperature"))
            r.temperature = meta.at("temperature").get<double>();
    });
    r.answers.logits = stored.at("logits", torch::kFloat32, 2);
    r.answers.labels = stored.at("labels", torch::kInt64, 1);
    r.answers.ids = stored.at("ids", torch::kInt64, 1);
    r.fitted = stored.at("fitted", torch::kUInt8, 1).to(torch::kBool);
    const std::int64_t n = r.answers.size();
    if (r.answers.logits.size(1) != static_cast<std::int64_t>(r.answers.classes.size()))
        reporting::StoredResults::refuse("logits");
    if (r.answers.labels.size(0) != n || r.answers.ids.size(0) != n || r.fitted.size(0) != n)
        reporting::StoredResults::refuse("labels");
    return r;
}

metrics::Binning binningOf(const std::string& id)
{
    return id == "equal-mass" ? metrics::Binning::EqualMass : metrics::Binning::EqualWidth;
}

std::string binningText(metrics::Binning binning)
{
    return binning == metrics::Binning::EqualMass ? "equal mass" : "equal width";
}

std::string definitionOf(metrics::Binning binning, int bins)
{
    const std::string b = std::to_string(bins);
    if (binning == metrics::Binning::EqualWidth)
        return "Bin b of " + b + " holds confidences in (b/" + b + ", (b+1)/" + b +
               "], b = 0, 1, ...; the first also holds 0.";
    return "Bin b of " + b + " ends at the ⌈(b+1)·N/" + b +
           "⌉-th smallest confidence and holds what lies above the end of the bin before it; equal "
           "confidences share a bin.";
}

namespace {

metrics::LabelledProbabilities probabilitiesAt(const Answers& answers, double temperature)
{
    return metrics::LabelledProbabilities::fromLogits(
        temperature == 1 ? answers.logits : answers.logits.to(torch::kFloat64) / temperature, answers.labels);
}

} // namespace

ReliabilityScene::ReliabilityScene(const ReliabilityResults& results, double temperature,
                                   std::shared_ptr<const metrics::TemperedLogits> tempered,
                                   std::vector<double> buffer)
    : m_results(results)
    , m_temperature(temperature)
    , m_tempered(std::move(tempered))
{
    if (m_tempered) {
        m_live = m_tempered->at(temperature, std::move(buffer));
        m_buckets.emplace(m_live.confidence, m_tempered->correct());
    }
}

const metrics::LabelledProbabilities& ReliabilityScene::predictions() const
{
    std::call_once(m_predictionsMade,
                   [this] { m_predictions = probabilitiesAt(m_results.answers, m_temperature); });
    return *m_predictions;
}

const metrics::SortedConfidences& ReliabilityScene::top() const
{
    std::call_once(m_topMade,
                   [this] { m_top.emplace(predictions().top().confidence, predictions().top().correct); });
    return *m_top;
}

BinnedSamples ReliabilityScene::binned(metrics::Binning binning, int bins) const
{
    BinnedSamples result{.binning = binning, .size = answers().size()};
    if (!m_buckets) {
        result.bins = top().bins(binning, bins);
        result.sorted = linked() ? &top() : nullptr;
        return result;
    }
    const std::lock_guard lock(m_binsMutex);
    KeptBins& kept = m_kept[binning == metrics::Binning::EqualMass ? 1 : 0];
    if (kept.count != bins)
        kept = {bins, m_buckets->bins(binning, bins)};
    result.bins = kept.bins;
    return result;
}

double ReliabilityScene::meanConfidence() const
{
    return m_buckets ? m_buckets->meanConfidence() : top().meanConfidence();
}

double ReliabilityScene::accuracy() const
{
    const std::int64_t correct = m_buckets ? m_buckets->totalCorrect() : top().totalCorrect();
    return static_cast<double>(correct) / static_cast<double>(answers().size());
}

metrics::SortedConfidences ReliabilityScene::ofClass(std::int64_t c) const
{
    const torch::Tensor p = predictions().probabilities().select(1, c).contiguous();
    const torch::Tensor is = (predictions().labels() == c).to(torch::kUInt8).contiguous();
    const auto n = static_cast<std::size_t>(p.numel());
    return {{p.data_ptr<double>(), n}, {is.data_ptr<std::uint8_t>(), n}};
}

std::vector<std::int64_t> ReliabilityScene::idsOf(const metrics::SortedConfidences* sorted,
                                                  const metrics::ReliabilityBin& bin) const
{
    std::vector<std::int64_t> ids;
    if (!sorted || !linked())
        return ids;
    const std::int64_t* known = answers().ids.data_ptr<std::int64_t>();
    for (const std::int64_t sample :
         sorted->order().subspan(static_cast<std::size_t>(bin.first), static_cast<std::size_t>(bin.count)))
        ids.push_back(known[sample]);
    return ids;
}

std::vector<std::int64_t> ReliabilityScene::idsOf(const metrics::SortedConfidences* sorted,
                                                  const metrics::ReliabilityBin& bin, bool correct) const
{
    std::vector<std::int64_t> ids;
    if (!sorted || !linked())
        return ids;
    const std::int64_t* known = answers().ids.data_ptr<std::int64_t>();
    for (auto i = static_cast<std::size_t>(bin.first); i < static_cast<std::size_t>(bin.first + bin.count);
         ++i)
        if ((sorted->correct()[i] != 0) == correct)
            ids.push_back(known[sorted->order()[i]]);
    return ids;
}

std::string ReliabilityScene::temperatureText() const
{
    return m_temperature == 1 ? "as the model gives it"
                              : "temperature " + reporting::shortText(m_temperature);
}

std::int64_t classPosition(const ReliabilityResults& results, const std::string& name)
{
    return static_cast<std::int64_t>(reporting::positionOf(results.answers.classes, name));
}

} // namespace assay::confidence
