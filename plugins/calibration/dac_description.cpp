#include "plugins/calibration/dac_run.h"

#include <torch/types.h>

namespace assay::confidence {

// What calibration.dac shows of the first split beside the comparison of methods.

namespace {

constexpr std::int64_t kInspected = 500;

torch::Tensor largest(const torch::Tensor& probabilities)
{
    return std::get<0>(probabilities.max(1));
}

torch::Tensor confidenceOf(const torch::Tensor& logits)
{
    return largest(logits.to(torch::kFloat64).softmax(1));
}

} // namespace

void DacRun::addGroup(std::size_t m, const std::string& group, const torch::Tensor& temperatures)
{
    if (temperatures.numel() > 0)
        m_density.temperatures.push_back(
            {m_results.models[m], group, temperatures.numel(), fiveNumbers(temperatures)});
}

void DacRun::describe(std::size_t m, const calibration::DensityAwareScaling& scaling,
                      const calibration::Calibrator& plain, const SplitRows& rows)
{
    describeShifts(m, scaling, plain, rows);
    describeOod(m, scaling, rows);
    inspect(m, scaling, rows);
}

void DacRun::describeShifts(std::size_t m, const calibration::DensityAwareScaling& scaling,
                            const calibration::Calibrator& plain, const SplitRows& rows)
{
    const ShiftedComparison& c = m_params.comparison;
    const double most = c.severities.empty() ? 0 : c.severities.back();
    std::vector<torch::Tensor> temperatures, correct, none, one, dac;
    std::vector<torch::Tensor> right[2], wrong[2]; // of clean and of shifted samples
    for (std::size_t s = 0; s < m_seen.size(); ++s) {
        const Shift& shift = m_results.shifts[s];
        const torch::Tensor test = judgedRows(rows, shift, m_seen[s].labels.size(0));
        const torch::Tensor z = m_seen[s].logits.index_select(0, test);
        const torch::Tensor scores = m_seen[s].scores.index_select(0, test);
        temperatures.push_back(scaling.temperatures(scores));
        correct.push_back(z.argmax(1) == m_seen[s].labels.index_select(0, test));
        none.push_back(confidenceOf(z));
        one.push_back(largest(plain.apply(z)));
        dac.push_back(confidenceOf(scaling.rescaled(z, scores)));
        if (!shift.clean() && !shift.natural() && shift.severity != most)
            continue;
        right[!shift.clean()].push_back(temperatures.back().masked_select(correct.back()));
        wrong[!shift.clean()].push_back(temperatures.back().masked_select(correct.back().logical_not()));
    }
    for (const bool shifted : {false, true}) {
        if (right[shifted].empty())
            continue;
        const std::string where = shifted ? "shifted" : "clean";
        addGroup(m, where + ", right", torch::cat(right[shifted]));
        addGroup(m, where + ", wrong", torch::cat(wrong[shifted]));
    }
    const auto bins = densityBins(m_results.models[m], torch::cat(temperatures), torch::cat(correct),
                                  {torch::cat(none), torch::cat(one), torch::cat(dac)});
    m_density.bins.insert(m_density.bins.end(), bins.begin(), bins.end());
}

void DacRun::describeOod(std::size_t m, const calibration::DensityAwareScaling& scaling,
                         const SplitRows& rows)
{
    const torch::Tensor cleanLogits = m_seen[0].logits.index_select(0, rows.test);
    const torch::Tensor cleanScores = m_seen[0].scores.index_select(0, rows.test);
    for (std::size_t o = 0; o < m_oodSets.size(); ++o) {
        const Seen& other = m_oodSeen[o];
        addGroup(m, m_oodSets[o].name, scaling.temperatures(other.scores));
        const auto add = [&](const char* score, const torch::Tensor& known, const torch::Tensor& unknown) {
            m_density.ood.push_back(oodScore(m_results.models[m], m_oodSets[o].name, score, known, unknown));
        };
        add("temperature", -scaling.temperatures(cleanScores), -scaling.temperatures(other.scores));
        add("confidence", confidenceOf(cleanLogits), confidenceOf(other.logits));
        add("confidence after DAC", confidenceOf(scaling.rescaled(cleanLogits, cleanScores)),
            confidenceOf(scaling.rescaled(other.logits, other.scores)));
        add("energy", cleanLogits.to(torch::kFloat64).logsumexp(1),
            other.logits.to(torch::kFloat64).logsumexp(1));
    }
}

void DacRun::inspect(std::size_t m, const calibration::DensityAwareScaling& scaling, const SplitRows& rows)
{
    const torch::Tensor some = rows.test.narrow(0, 0, std::min(kInspected, rows.test.size(0)));
    const torch::Tensor temperatures = scaling.temperatures(m_seen[0].scores.index_select(0, some));
    const torch::Tensor chosen = some.index_select(0, temperatures.argsort(0, true));
    const reporting::TestImages shown = m_tests->clean().select(chosen);
    const torch::Tensor logits = m_seen[0].logits.index_select(0, chosen);
    const torch::Tensor scores = m_seen[0].scores.index_select(0, chosen);
    const calibration::DensityBank& density = bank(m);
    const auto features = calibration::layerFeatures(*m_models[m].model, shown.x, m_layers);
    const data::Dataset& dataset = *m_tests->dataset();
    std::vector<torch::Tensor> images = {dataset.pixelsOf(data::Split::Test, shown.ids)};
    for (std::size_t l = 0; l < m_layers.size(); ++l)
        images.push_back(dataset.pixelsOf(
            data::Split::Train,
            m_models[m].bankIds.index_select(
                0, density.neighbours(features, l, 1).indices.select(1, 0).cpu().contiguous())));
    Inspection inspection{.model = m_results.models[m],
                          .layers = m_layers,
                          .classes = dataset.info().classes,
                          .ids = shown.ids,
                          .labels = shown.y,
                          .predicted = logits.argmax(1),
                          .confidence = confidenceOf(logits),
                          .temperature = scaling.temperatures(scores),
                          .scores = scores,
                          .images = torch::stack(images, 1)};
    m_context.artifact(inspectionName(m), toTensors(inspection));
    if (m == viewOf(m_results, m_params.comparison).model)
        m_shown = std::move(inspection);
}

} // namespace assay::confidence
