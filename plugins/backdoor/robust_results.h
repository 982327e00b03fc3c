#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"
#include "plugins/backdoor/robust_params.h"
#include "plugins/backdoor/suspect.h"

#include <torch/types.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace assay::backdoor {

/// How a network of the study came about.
enum class RobustKind {
    Teacher,   ///< plain training on the poisoned images
    Originals, ///< distilled from the teacher on the poisoned images themselves
    Student,   ///< distilled on the variations: the method
    Labels,    ///< on the variations, by their labels alone
    Blur,      ///< on blurred images, by their labels alone
};

/// "teacher", "originals", "student", "labels", "blur": tables have these.
const char* robustKindName(RobustKind kind);
/// For figures' legends.
const char* robustKindTitle(RobustKind kind);

/// Strength of the baseline's blur; see plainBlur().
inline constexpr double kRobustBlur = 0.5;

inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// A network with what it does on the judged images.
struct RobustOutcome
{
    RobustKind kind = RobustKind::Teacher;
    double strength = kNoNumber; ///< of the variations that it learned from
    double alpha = kNoNumber;    ///< NaN: there was no teacher
    int repeat = 1;
    BackdoorRates rates;
    double seconds = 0; ///< of its training, or of reading it from the cache
};

/// What the teacher says about the variations of one strength.
struct RobustSurvivalRow
{
    double strength = 0;
    int repeat = 1;
    metrics::Rate survived; ///< of poisoned images: the variation still gets the label that it was given
    metrics::Rate faithful; ///< of clean ones: the variation gets the true class
    metrics::Rate caught;   ///< of poisoned images: the variation gets another class than the label
    double psnr = 0;        ///< dB, mean over the first 2000 images
    double ssim = 0;
    double auroc = kNoNumber; ///< of the conflict as a test for poisoned images; NaN where there is one kind
};

/// Training images as label conflicts rank them.
struct RobustSuspects
{
    torch::Tensor ids;      ///< int64 [N]: of the training split
    torch::Tensor given;    ///< int64 [N]: labels of the poisoned set
    torch::Tensor truth;    ///< int64 [N]
    torch::Tensor said;     ///< int64 [N]: the teacher's class of the variation
    torch::Tensor score;    ///< float64 [N]: largest logit but the label's, less the label's
    torch::Tensor poisoned; ///< bool [N]
    double strength = 0;
    /// int64 [N]: rows by falling score, equal ones by their number.
    torch::Tensor order() const;
};

struct RobustResults
{
    std::vector<std::string> classes;
    std::string variation; ///< RobustVariation::title()
    std::string method;    ///< value of `variation`
    std::string trigger;   ///< described
    std::vector<double> strengths, alphas;
    double mainStrength = 0; ///< one of strengths
    double mainAlpha = 0.5;  ///< one of alphas, or of the baseline on originals
    bool graded = true;
    int repeats = 1;
    std::vector<RobustOutcome> outcomes;
    std::vector<RobustSurvivalRow> survival;
    RobustSuspects suspects; ///< of the first repetition, at the main strength

    /// Those of one kind over the repetitions. NaN matches NaN.
    std::vector<const RobustOutcome*> of(RobustKind kind, double strength = kNoNumber,
                                         double alpha = kNoNumber) const;
};

/// Mean and deviation (n - 1 in the denominator, NaN for one) of a rate's values.
struct RobustMean
{
    double value = kNoNumber;
    double deviation = kNoNumber;
};
RobustMean meanOver(const std::vector<const RobustOutcome*>& outcomes,
                    const metrics::Rate BackdoorRates::*rate);

/// Area under the ROC curve of @p scores (float64 [N]) for rows where @p positive (bool [N]) holds; see
/// metrics::auroc().
double aurocOf(const torch::Tensor& scores, const torch::Tensor& positive);

protocol::Figure robustTradeOffFigure(const RobustResults& results);
protocol::Figure robustByStrengthFigure(const RobustResults& results);
protocol::Figure robustSurvivalFigure(const RobustResults& results);
protocol::Figure robustPoisonedFigure(const RobustResults& results);
protocol::Figure robustScoresFigure(const RobustResults& results);

/// student, variation, strength, alpha, seed, accuracy, accuracy_low, accuracy_high, asr, asr_low, asr_high,
/// recovered, n, asr_n, seconds
protocol::Table robustStudentsTable(const RobustResults& results);
/// variation, strength, seed, survival, survival_low, survival_high, fidelity, fidelity_low, fidelity_high,
/// caught, psnr, ssim, auroc, poisoned, clean
protocol::Table robustSurvivalTable(const RobustResults& results);
/// rank, sample, given, said, truth, score, poisoned: the first thousand
protocol::Table robustSuspectsTable(const RobustResults& results);
/// student, strength, alpha, seeds, accuracy, accuracy_deviation, asr, asr_deviation
protocol::Table robustMeansTable(const RobustResults& results);
std::vector<protocol::Metric> robustMetrics(const RobustResults& results);

} // namespace assay::backdoor
