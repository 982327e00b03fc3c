#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "plugins/backdoor/invert_anomaly.h"
#include "plugins/backdoor/invert_optimiser.h"
#include "plugins/backdoor/suspect.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// How alike a recovered trigger and the planted one are.
struct InvertLikeness
{
    /// Of the pixels where the mask is at least half of its largest value, and those where the planted
    /// trigger changes anything: size of what they share, of what either has. A trigger that changes all of
    /// the image is covered by no small mask.
    double iou = 0;
    double maskCosine = 0; ///< of mask and cover
    /// Of what both change in an image, pixel by pixel: mean over images.
    double changeCosine = 0;
};

/// @param x float32 [n,C,H,W], n at least one.
InvertLikeness likenessOf(const InvertedTrigger& trigger, const poisoning::Trigger& planted,
                          const torch::Tensor& x);

/// What one network says after (or before) unlearning.
struct InvertUnlearned
{
    std::string name; ///< "suspect", "fine-tuned", "unlearned"
    metrics::Rate clean;
    metrics::Rate recoveredAsr;           ///< of the recovered trigger, towards its class
    std::optional<BackdoorRates> planted; ///< where the planted trigger is known
};

/// All that figures and tables of `backdoor.invert` are made from.
struct InvertResults
{
    std::string model;
    std::vector<std::string> classes;
    std::optional<std::int64_t> target;    ///< of the planted backdoor; absent where unknown or there is none
    std::string planted;                   ///< in words; empty: unknown
    std::vector<InvertedTrigger> triggers; ///< in the order of classes
    std::vector<metrics::Rate> asr; ///< of judged images of other classes, taken for the trigger's class
    std::vector<InvertLikeness> likeness; ///< empty where no planted trigger is known
    std::vector<InvertUnlearned> unlearned;
    InvertAnomalies anomalies;
    double threshold = 2;

    /// Computes the anomalies anew.
    void judge(double atThreshold);
    /// The class with the smallest mask.
    std::size_t smallest() const;
};

/// Artifact `inversion`: masks, patterns, and what a preview needs besides.
engine::TensorMap invertTensors(const InvertResults& results, const torch::Tensor& samples);
/// Fills triggers (without their rounds), asr and likeness. @throws Error for a malformed artifact.
void readInvertTensors(const engine::TensorMap& tensors, InvertResults& results);

protocol::Figure invertNormsFigure(const InvertResults& results);
protocol::Figure invertAnomalyFigure(const InvertResults& results);
protocol::Figure invertSuccessFigure(const InvertResults& results);
/// "norm-by-step", "success-by-step", "weight-by-step", "loss-by-step".
std::vector<protocol::Figure> invertSearchFigures(const InvertResults& results);
protocol::Figure invertUnlearnFigure(const InvertResults& results);
/// `inversion`: class, mask_l1, anomaly_index, flagged, held, success, low, high, steps, seconds, iou,
/// mask_cosine, change_cosine.
protocol::Table inversionTable(const InvertResults& results);
/// `unlearning`: network, n, clean, others, target, asr, recovered_accuracy, recovered_asr.
protocol::Table invertUnlearnTable(const InvertResults& results);
std::vector<protocol::Metric> invertMetrics(const InvertResults& results);

} // namespace assay::backdoor
