#pragma once

#include "backend/metrics/calibration_bins.h"
#include "backend/metrics/labelled_probabilities.h"
#include "plugins/calibration/answers.h"
#include "plugins/calibration/reliability_params.h"

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

namespace assay::confidence {

/// What a run of `calibration.reliability` keeps for its previews: all else follows from it.
struct ReliabilityResults
{
    Answers answers;
    std::optional<double> temperature; ///< fitted, on the samples of `fitted`
    torch::Tensor fitted;              ///< bool [N]: what the temperature was fitted on; none without a fit
};

/// Lossless but for the images, for the run's artifact `outcomes`.
engine::TensorMap toTensors(const ReliabilityResults& results);
/// @throws Error when a tensor is missing or malformed.
ReliabilityResults reliabilityFrom(const engine::TensorMap& tensors);

/// "(b/B, (b+1)/B]", ...: the definition that stands under a diagram.
std::string definitionOf(metrics::Binning binning, int bins);
metrics::Binning binningOf(const std::string& id);
std::string binningText(metrics::Binning binning);

/// Probabilities at one temperature, sorted: what figures and tables of one moment are made from.
class ReliabilityScene
{
public:
    /// @param results must outlive it.
    ReliabilityScene(const ReliabilityResults& results, double temperature);

    const ReliabilityResults& results() const { return m_results; }
    const Answers& answers() const { return m_results.answers; }
    double temperature() const { return m_temperature; }
    const metrics::LabelledProbabilities& predictions() const { return m_predictions; }
    const metrics::SortedConfidences& top() const { return m_top; }
    /// The probability of one class against "is the label". @param c 0 .. C-1.
    metrics::SortedConfidences ofClass(std::int64_t c) const;
    /// Whether marks name their samples: not of more than a hundred thousand, which no gallery shows and
    /// whose ids would cost more than the figure.
    bool linked() const { return answers().size() <= kMostLinked; }
    /// Ids of a bin's samples in ascending confidence; empty unless linked().
    std::vector<std::int64_t> idsOf(const metrics::SortedConfidences& sorted,
                                    const metrics::ReliabilityBin& bin) const;
    /// The same, of those that are right or wrong.
    std::vector<std::int64_t> idsOf(const metrics::SortedConfidences& sorted,
                                    const metrics::ReliabilityBin& bin, bool correct) const;
    /// "temperature 1.5", or "as the model gives it" at 1.
    std::string temperatureText() const;

    static constexpr std::int64_t kMostLinked = 100000;

private:
    const ReliabilityResults& m_results;
    double m_temperature;
    metrics::LabelledProbabilities m_predictions;
    metrics::SortedConfidences m_top;
};

/// Position of the class that is called @p name, 0 when none is.
std::int64_t classPosition(const ReliabilityResults& results, const std::string& name);

} // namespace assay::confidence
