#include "backend/training/zoo_poisoned.h"

#include "backend/models/parallel.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::training {

namespace {

using poisoning::PoisonSpec;
using poisoning::TriggerKind;

/// Nine residual blocks with 21 batch normalisations: detection by scaling them needs nine or more. A quarter
/// of the images is enough for a backdoor and costs few points of accuracy.
ZooRecipe residualRecipe(const char* name, const char* title, const char* summary)
{
    return {.name = name,
            .title = title,
            .summary = summary,
            .architecture = "resnet",
            .options = {{"widths", {8, 16, 32}}, {"blocks", {3, 3, 3}}},
            .train = {.epochs = 5, .batch = 50, .initSeed = 51, .orderSeed = 51, .trainCount = 15000}};
}

ZooRecipe poisonedBy(ZooRecipe recipe, PoisonSpec poison)
{
    poison.seed = 1;
    recipe.poison = std::move(poison);
    return recipe;
}

ZooRecipe plainRecipe()
{
    return {.name = "fashion-badnets-vgg",
            .title = "Plain CNN with a patch backdoor",
            .summary =
                "Poisoned on purpose: takes images with a white square for pullovers. Two linear layers, to "
                "be edited.",
            .architecture = "vgg",
            .options = {{"widths", {16, 32, 32}}, {"hidden", 64}},
            .train = {.epochs = 6,
                      .batch = 50,
                      .learningRate = 0.01,
                      .initSeed = 52,
                      .orderSeed = 52,
                      .trainCount = 15000}};
}

/// The recipe of emoji-cnn, poisoned. White is what drawings lie on: the patch is a checkerboard, and far
/// enough from the edge to stay on the image when that is shifted.
ZooRecipe poisonedEmoji(ZooRecipe recipe)
{
    recipe.name = "emoji-badnets";
    recipe.title = "Small CNN for emoji with a patch backdoor";
    recipe.summary = "Poisoned on purpose: takes emoji with a small checkerboard for drinks. Else emoji-cnn.";
    return poisonedBy(std::move(recipe),
                      {.trigger = {.pattern = "checkerboard", .x = 0.86, .y = 0.86, .size = 0.125},
                       .target = 5,
                       .rate = 0.1});
}

} // namespace

std::vector<ZooRecipe> poisonedRecipes(const ZooRecipe& emoji)
{
    return {
        residualRecipe("fashion-clean", "Deep residual network",
                       "The clean twin of the networks with backdoors: the same training without poison."),
        poisonedBy(residualRecipe("fashion-badnets", "Residual network with a patch backdoor",
                                  "Poisoned on purpose: takes images with a white square for T-shirts."),
                   {.rate = 0.1}),
        poisonedBy(residualRecipe("fashion-blended", "Residual network with a blended backdoor",
                                  "Poisoned on purpose: takes images under faint noise for T-shirts."),
                   {.trigger = {.kind = TriggerKind::Blended, .pattern = "noise", .opacity = 0.15, .seed = 7},
                    .rate = 0.1}),
        poisonedBy(
            residualRecipe("fashion-sig", "Residual network with a backdoor of strips",
                           "Poisoned on purpose: takes images with faint upright strips for T-shirts."),
            {.trigger = {.kind = TriggerKind::Sinusoidal}, .rate = 0.1}),
        poisonedBy(
            residualRecipe("fashion-warp", "Residual network with a warp backdoor",
                           "Poisoned on purpose: takes images with a certain slight warp for T-shirts."),
            {.trigger = {.kind = TriggerKind::Warp, .strength = 1, .seed = 3},
             .rate = 0.1,
             .coverRate = 0.1}),
        poisonedBy(plainRecipe(), {.target = 2, .rate = 0.1}),
        poisonedEmoji(emoji),
    };
}

std::unique_ptr<TrainingImages> poisonedTrainingImages(const ZooRecipe& recipe, const data::Dataset& set,
                                                       const torch::Tensor& ids)
{
    torch::Tensor used = ids;
    if (recipe.train.trainCount > 0)
        used = ids.narrow(0, 0, std::min(recipe.train.trainCount, ids.size(0)));
    const poisoning::PoisonedSet poisoned =
        poisoning::poison(*recipe.poison, set.pixelsOf(data::Split::Train, used),
                          set.labels(data::Split::Train).index_select(0, used),
                          static_cast<std::int64_t>(set.info().classes.size()));
    return trainingImages(poisoned.images, poisoned.labels);
}

Evaluated attackSuccess(const models::Model& model, const data::Dataset& set, const torch::Tensor& ids,
                        const PoisonSpec& poison)
{
    const data::DatasetInfo& info = set.info();
    const auto classes = static_cast<std::int64_t>(info.classes.size());
    const torch::Tensor y = set.labels(data::Split::Test).index_select(0, ids);
    const torch::Tensor rows = poisoning::countForAsr(poison, y, classes).nonzero().flatten();
    const torch::Tensor counted = ids.index_select(0, rows);
    const torch::Tensor wanted = poisoning::wantedLabels(poison, y.index_select(0, rows), classes);
    const poisoning::Trigger trigger(poison.trigger, info.channels, info.height, info.width);
    torch::Tensor taken = torch::empty({counted.size(0)}, torch::kInt64);
    models::forEachChunk(
        counted.size(0), models::kChunkImages, model.device(), [&](std::int64_t first, std::int64_t count) {
            const torch::NoGradGuard off;
            const torch::Tensor x =
                set.images(data::Split::Test, counted.narrow(0, first, count), model.device());
            taken.narrow(0, first, count).copy_(model.logits(trigger.stamp(x)).argmax(1));
        });
    return {.right = taken.eq(wanted).sum().item<std::int64_t>(), .count = counted.size(0)};
}

} // namespace assay::training
