#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "plugins/encryption/train_params.h"

#include <torch/types.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace assay::encryption {

/// Images of one data set as the classifiers saw them, and what their classes are made of.
struct TrainSet
{
    std::string name;  ///< "tinted-fashion"
    std::string title; ///< "Tinted Fashion-MNIST"
    std::vector<std::string> classes;
    /// Of the set those that the class determines: garment and hue.
    struct Part
    {
        std::string name;
        std::vector<std::string> values;
        std::vector<std::int64_t> ofClass; ///< [classes]: index into values
    };
    std::vector<Part> parts;
    torch::Tensor trainImages, trainLabels; ///< uint8 [N,C,H,W], int64 [N]
    torch::Tensor testImages, testLabels;   ///< likewise
    torch::Tensor testIds;                  ///< int64: of the test split
    torch::Tensor trainIds;                 ///< int64: of the training split

    double chance() const { return 1 / static_cast<double>(classes.size()); }
};

/// One scheme trained on one set, all repeats together.
struct TrainOutcome
{
    std::size_t set = 0;
    std::string scheme; ///< id
    std::string title;
    int depth = 0;           ///< of NeuraCrypt
    bool ofDepths = false;   ///< belongs to the line over depths; else to the comparison of schemes
    torch::Tensor predicted; ///< int64 [repeats,n]
    double wrongKey = std::numeric_limits<double>::quiet_NaN(); ///< accuracy under wrong keys, mean
    double wrongLow = wrongKey;                                 ///< of the wrong keys the lowest
    double wrongHigh = wrongKey;                                ///< and the highest
    double seconds = 0;                                         ///< encryption and training, all repeats
    std::string fingerprints;                                   ///< of the keys
    std::int64_t parameters = 0;                                ///< of the classifier

    /// bool [repeats,n].
    torch::Tensor right(const torch::Tensor& labels) const { return predicted.eq(labels); }
};

/// The mean over trainings, in whole images, with Wilson's interval for as many images as there are:
/// trainings that are judged on the same images do not narrow it. @param right bool [trainings,n].
metrics::Rate trainAccuracy(const torch::Tensor& right);
/// The same of one part of the class.
metrics::Rate partAccuracy(const TrainOutcome& outcome, const TrainSet& set, const TrainSet::Part& part);

/// What attacks on the encoder of one depth gave.
struct NeuraAttacked
{
    int depth = 0;
    double plaintext = 0;                           ///< normalised error of the trained T'
    double regression = 0;                          ///< of least squares
    metrics::Rate byPlaintext, byRegression, byMmd; ///< re-identified among `candidates`
    std::int64_t candidates = 0;
    double mmdBefore = 0, mmdAfter = 0; ///< squared MMD of held-out means, untrained and trained
    double seconds = 0;
    torch::Tensor nearest; ///< int64 [g,5]: candidates of the MMD attack, rows of the gallery
};

struct TrainResults
{
    std::vector<TrainSet> sets;
    std::vector<TrainOutcome> outcomes;
    std::vector<NeuraAttacked> attacked; ///< by depth
    std::string attackedTitle;
    std::string attackedSet;

    const TrainOutcome* find(std::size_t set, const std::string& scheme) const;
};

/// A difference of accuracies on the same images.
struct TrainDifference
{
    double value = 0;
    double low = 0, high = 0; ///< bootstrap over images, 95 %
};
TrainDifference differenceOf(const torch::Tensor& right, const torch::Tensor& other);

void emitTrainTables(engine::RunContext& ctx, const TrainResults& results);
void emitTrainFigures(engine::RunContext& ctx, const TrainResults& results);
void emitTrainMetrics(engine::RunContext& ctx, const TrainResults& results);

} // namespace assay::encryption
