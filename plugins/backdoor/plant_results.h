#pragma once

#include "backend/protocol/event.h"
#include "plugins/backdoor/suspect.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::backdoor {

/// What one training of `backdoor.plant` gave.
struct PlantSeed
{
    int number = 1;
    std::int64_t poisoned = 0; ///< training images with the trigger
    BackdoorRates clean;       ///< of the network that saw clean images only
    BackdoorRates planted;
};

/// Classes that a network gives the judged images, int64 [n] each.
struct PlantAnswers
{
    torch::Tensor clean;
    torch::Tensor triggered;
};

/// All that figures and tables of `backdoor.plant` are made from.
struct PlantResults
{
    std::vector<std::string> classes;
    std::string dataset;
    std::string trigger; ///< in words
    poisoning::PoisonSpec poison;
    std::vector<PlantSeed> seeds;
    // Of the first training, whose networks are saved:
    torch::Tensor ids; ///< int64 [n], of the test split
    torch::Tensor y;   ///< int64 [n]
    PlantAnswers clean;
    PlantAnswers planted;
};

/// "Clean accuracy" and so on: mean over the trainings of one of the rates, and their deviation (NaN for
/// one).
struct PlantMean
{
    double mean = 0;
    double deviation = 0;
};
PlantMean plantMean(const PlantResults& results, bool planted, metrics::Rate BackdoorRates::*rate);

/// Accuracy, success of the trigger and recovered accuracy of both networks.
protocol::Figure plantSuccessFigure(const PlantResults& results);
/// Recall of each class on clean images, both networks.
protocol::Figure plantRecallFigure(const PlantResults& results);
/// @param what "clean": the clean network; "planted": the poisoned one; "triggered": the poisoned one on
/// images with the trigger.
protocol::Figure plantConfusionFigure(const PlantResults& results, const std::string& what);

/// `plant`: seed, model, poisoned, n, clean_accuracy, clean_low, clean_high, other_classes_accuracy,
/// target_class_accuracy, asr_n, asr, asr_low, asr_high, recovered_accuracy, recovered_low, recovered_high.
protocol::Table plantTable(const PlantResults& results);
/// `plant-means`: model, seeds and mean and deviation of each.
protocol::Table plantMeansTable(const PlantResults& results);
/// `recall`: class, model, n, recall, low, high.
protocol::Table plantRecallTable(const PlantResults& results);
std::vector<protocol::Metric> plantMetrics(const PlantResults& results);

} // namespace assay::backdoor
