#pragma once

#include "backend/training/detector_scores.h"
#include "backend/training/zoo_recipes.h"

#include <memory>

namespace assay::training {

/// What a detector finds among the boxes of a split.
/// @throws Error when the set has no boxes, or not those of the model's classes.
DetectorScores scoresOnSplit(const models::Detector& detector, const data::Dataset& set, data::Split split,
                             const metrics::BootstrapSpec& spec = {});

/// Trains the recipe's network, writes its weights and card with what it reaches on the test split:
/// testAccuracy is AP at IoU 0.5, and recipe["test_ap"] has both figures with their intervals.
/// @param card all but what the training finds out.
models::ModelCard trainZooDetector(const ZooRecipe& recipe, models::ModelCard card, const data::Dataset& set,
                                   const std::filesystem::path& folder, const TrainHooks& hooks);

/// The card's task, classes and output, for @p set.
void describeDetector(models::ModelCard& card, const data::Dataset& set);

} // namespace assay::training
