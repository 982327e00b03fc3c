#pragma once

#include "backend/training/evaluate.h"
#include "backend/training/zoo_recipes.h"

#include <memory>
#include <vector>

namespace assay::training {

/// The models of the zoo that carry a backdoor, and the clean twin of the residual ones: what studies of
/// backdoors are tried on. @param emoji the recipe of the clean model for emoji.
std::vector<ZooRecipe> poisonedRecipes(const ZooRecipe& emoji);

/// What the recipe's network learns: the images @p ids (int64 [n], CPU) of the training split, poisoned by
/// its spec; of a recipe that trains on the first trainCount only, those alone, so that its rate holds.
std::unique_ptr<TrainingImages> poisonedTrainingImages(const ZooRecipe& recipe, const data::Dataset& set,
                                                       const torch::Tensor& ids);

/// Of the test images @p ids (int64 [n], CPU) with the trigger those that are taken for the wanted class;
/// only images of other classes count (poisoning::countForAsr).
Evaluated attackSuccess(const models::Model& model, const data::Dataset& set, const torch::Tensor& ids,
                        const poisoning::PoisonSpec& poison);

} // namespace assay::training
