#pragma once

#include "backend/metrics/calibration_bins.h"
#include "backend/metrics/confidence_buckets.h"
#include "backend/metrics/labelled_probabilities.h"
#include "backend/metrics/tempered_logits.h"
#include "plugins/calibration/answers.h"
#include "plugins/calibration/reliability_params.h"

#include <torch/types.h>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay::confidence {

/// What a run of `calibration.reliability` keeps for its previews: all else follows from it.
struct ReliabilityResults
{
    Answers answers;
    std::optional<double> temperature; ///< fitted, on the samples of `fitted`
    torch::Tensor fitted;              ///< bool [N]: what the temperature was fitted on; none without a fit
    bool gallery = false;              ///< whether the run shows the images, so that marks can open them
};

/// Lossless but for the images, for the run's artifact `outcomes`.
engine::TensorMap toTensors(const ReliabilityResults& results);
/// @throws Error when a tensor is missing or malformed.
ReliabilityResults reliabilityFrom(const engine::TensorMap& tensors);

/// "(b/B, (b+1)/B]", ...: the definition that stands under a diagram.
std::string definitionOf(metrics::Binning binning, int bins);
metrics::Binning binningOf(const std::string& id);
std::string binningText(metrics::Binning binning);

/// Samples in bins, as a diagram shows them.
struct BinnedSamples
{
    metrics::Binning binning = metrics::Binning::EqualWidth;
    std::vector<metrics::ReliabilityBin> bins;
    std::int64_t size = 0;
    /// Whose positions the bins name; nullptr where marks do not name their samples.
    const metrics::SortedConfidences* sorted = nullptr;
};

/// Probabilities at one temperature: what figures and tables of one moment are made from. Safe from any
/// thread.
class ReliabilityScene
{
public:
    /// @param results must outlive it.
    /// @param tempered the same logits and labels, for a moment of a slider: bins are then counted without
    ///                 sorting, and predictions() and top() are made only when they are asked for.
    /// @param buffer see TemperedLogits::at().
    ReliabilityScene(const ReliabilityResults& results, double temperature,
                     std::shared_ptr<const metrics::TemperedLogits> tempered = nullptr,
                     std::vector<double> buffer = {});
    /// Ends the use of the scene, which may only be destroyed then.
    std::vector<double> takeBuffer() { return std::move(m_live.confidence); }

    const ReliabilityResults& results() const { return m_results; }
    const Answers& answers() const { return m_results.answers; }
    double temperature() const { return m_temperature; }
    const metrics::LabelledProbabilities& predictions() const;
    const metrics::SortedConfidences& top() const;
    /// What a slider's moment has instead of top(); nullptr else.
    const metrics::ConfidenceBuckets* buckets() const { return m_buckets ? &*m_buckets : nullptr; }
    /// Of that moment.
    double liveNll() const { return m_live.nll; }
    double liveBrier() const { return m_live.brier; }
    /// The confidences of the predicted classes, whichever of the two there is.
    BinnedSamples binned(metrics::Binning binning, int bins) const;
    double meanConfidence() const;
    double accuracy() const;
    /// The probability of one class against "is the label". @param c 0 .. C-1.
    metrics::SortedConfidences ofClass(std::int64_t c) const;
    /// Whether marks name their samples: not of more than a hundred thousand, which no gallery shows and
    /// whose ids would cost more than the figure.
    bool linked() const { return answers().size() <= kMostLinked; }
    /// Ids of a bin's samples in ascending confidence; empty unless linked().
    std::vector<std::int64_t> idsOf(const metrics::SortedConfidences* sorted,
                                    const metrics::ReliabilityBin& bin) const;
    /// The same, of those that are right or wrong.
    std::vector<std::int64_t> idsOf(const metrics::SortedConfidences* sorted,
                                    const metrics::ReliabilityBin& bin, bool correct) const;
    /// "temperature 1.5", or "as the model gives it" at 1.
    std::string temperatureText() const;

    static constexpr std::int64_t kMostLinked = 100000;

private:
    struct KeptBins
    {
        int count = 0;
        std::vector<metrics::ReliabilityBin> bins;
    };

    const ReliabilityResults& m_results;
    double m_temperature;
    std::shared_ptr<const metrics::TemperedLogits> m_tempered; ///< shared by the scenes of a dragged slider
    metrics::TemperedConfidences m_live;
    std::optional<metrics::ConfidenceBuckets> m_buckets; ///< of m_live
    mutable std::mutex m_binsMutex;                      ///< guards m_kept
    mutable std::array<KeptBins, 2> m_kept;              ///< the last ones asked for, by binning
    mutable std::once_flag m_predictionsMade;
    mutable std::optional<metrics::LabelledProbabilities> m_predictions;
    mutable std::once_flag m_topMade;
    mutable std::optional<metrics::SortedConfidences> m_top;
};

/// Position of the class that is called @p name, 0 when none is.
std::int64_t classPosition(const ReliabilityResults& results, const std::string& name);

} // namespace assay::confidence
