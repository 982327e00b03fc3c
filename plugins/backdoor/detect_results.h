#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "backend/metrics/roc.h"
#include "plugins/backdoor/detect_params.h"
#include "plugins/backdoor/detect_psc.h"

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// What one detector said of one draw of images.
struct DetectOutcome
{
    std::int64_t subject = 0; ///< index into DetectResults::subjects
    int seed = 0;
    std::string detector;
    bool ofTraining = false;   ///< looked at training images; their ids count on after the test split's
    torch::Tensor scores;      ///< float64 [n], high: poisoned
    torch::Tensor poisoned;    ///< bool [n]
    torch::Tensor ids;         ///< int64 [n]
    torch::Tensor truth;       ///< int64 [n]
    torch::Tensor filed;       ///< int64 [n]: predicted class, of training images the label given
    torch::Tensor reference;   ///< float64 [r], scores of the defender's clean images; r may be 0
    std::optional<double> own; ///< the authors' threshold
    double seconds = 0;        ///< that scoring took, without what is done once per model

    std::int64_t size() const { return ids.size(0); }
    metrics::SortedScores sorted() const;
    double imagesPerSecond() const { return static_cast<double>(size()) / seconds; }
    /// Quantile of the scores of clean reference images; NaN without them.
    double quantileThreshold(double q) const;
    /// The authors' threshold, or that quantile where they have none.
    double usualThreshold(double q) const { return own ? *own : quantileThreshold(q); }
};

/// What is shown of one model: of the first repeat.
struct DetectSubjectResults
{
    std::string name;
    std::string trigger;
    std::string text;                          ///< the trigger in words
    std::vector<std::vector<PscTrace>> traces; ///< per repeat; empty without PSC
    std::string layerKind;                     ///< what PSC amplifies
    torch::Tensor depthRows;                   ///< int64 [m], rows of the judged images of `confidences`
    torch::Tensor confidences;                 ///< float32 [m,L+1]; undefined without PSC
    torch::Tensor hardness;                    ///< int64 [n,K]; undefined without TeCo
    torch::Tensor images;                      ///< uint8 [n,C,H,W], judged test images
    torch::Tensor trainingImages; ///< uint8 [t,C,H,W], the first ones looked at; may be undefined
};

struct DetectResults
{
    std::string dataset;
    std::vector<std::string> classes;
    std::vector<std::string> corruptions; ///< columns of `hardness`
    std::vector<DetectSubjectResults> subjects;
    std::vector<DetectOutcome> outcomes; ///< by subject, seed and detector

    /// Nullptr when that detector did not run.
    const DetectOutcome* find(std::int64_t subject, int seed, const std::string& detector) const;
    /// Detectors that ran, in the order of the first subject.
    std::vector<std::string> detectors() const;
};

/// Lossless, for an artifact.
engine::TensorMap toTensors(const DetectResults& results);
/// @throws Error when a tensor is missing or malformed.
DetectResults detectResultsFrom(const engine::TensorMap& tensors);

/// What the live fields ask for.
struct DetectView
{
    std::int64_t subject = 0;
    DetectOutcome outcome; ///< of the first repeat; of TeCo with the shown corruptions only
    double threshold = 0;
    std::int64_t wallRow = 0; ///< row of the judged images on the wall
};
DetectView detectView(const DetectResults& results, const DetectParams& params);

/// What happens at a threshold: scores above it are flagged.
struct DetectRates
{
    metrics::Rate tpr, fpr;
    double f1 = 0;       ///< of the poisoned ones
    double accuracy = 0; ///< micro-averaged F1
};
DetectRates detectRates(const DetectOutcome& outcome, double threshold);

/// Mean of runs with the 95 % interval of Student's t, cut to [0,1]; NaN interval of a single run.
struct MeanOfRuns
{
    std::int64_t n = 0;
    double mean = 0, deviation = 0, low = 0, high = 0;
};
MeanOfRuns meanOfRuns(const std::vector<double>& values);

// What a run shows. Tables: see docs/studies/backdoor.detect.md.
void emitDetectTables(engine::RunContext& context, const DetectResults& results, const DetectParams& params);
void emitDetectFigures(engine::RunContext& context, const DetectResults& results);
/// Figures and galleries that follow the live fields.
void emitDetectView(engine::RunContext& context, const DetectResults& results, const DetectParams& params);
/// Galleries `by-score` and `corruption-wall`.
void emitDetectGalleries(engine::RunContext& context, const DetectResults& results, const DetectView& view,
                         const DetectParams& params);

} // namespace assay::backdoor
