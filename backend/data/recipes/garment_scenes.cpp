#include "backend/data/recipes/garment_scenes.h"

#include "backend/data/recipes/fashion_source.h"
#include "backend/data/recipes/scene_composer.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::data {

namespace {

constexpr std::int64_t kMostScenes = 100'000;
constexpr std::int64_t kScenesBetweenCalls = 50;
constexpr SceneRules kGarmentRules = {.category = {0, 0, 0, 0, 0, -1, 0, -1, -1, -1}, .mostOther = 2};
constexpr SceneRules kFashionRules = {.side = 64,
                                      .category = {0, 1, 0, 1, 0, 2, 0, 2, 3, 2},
                                      .mostBoxed = 3,
                                      .leastSize = 18,
                                      .mostSize = 34,
                                      .byHeight = false};
constexpr GarmentScenesSpec kFashionCounts = {.train = 3000, .test = 500};

DatasetInfo sceneInfo()
{
    return {.name = "garment-scenes",
            .title = "Garments in made scenes (D11)",
            .source = "Composites of Fashion-MNIST (Debian dataset-fashion-mnist; Zalando Research)",
            .licence = "MIT",
            .note = "Composites, not photographs: items of Fashion-MNIST on a random background. Boxes are "
                    "exact. Garments stand in for persons: what is found out here about detecting them says "
                    "nothing of persons by itself. Shoes and bags have no boxes.",
            .classes = {"scene"},
            .trainCount = GarmentScenesSpec().train,
            .testCount = GarmentScenesSpec().test,
            .channels = 1,
            .height = kGarmentRules.side,
            .width = kGarmentRules.side,
            .format = "npz",
            .boxClasses = {"garment"}};
}

DatasetInfo fashionSceneInfo()
{
    DatasetInfo info = sceneInfo();
    info.name = "fashion-scenes";
    info.title = "Items of Fashion-MNIST in made scenes";
    info.note =
        "Composites, not photographs: items of Fashion-MNIST on a random background. Boxes are exact.";
    info.trainCount = kFashionCounts.train;
    info.testCount = kFashionCounts.test;
    info.height = info.width = kFashionRules.side;
    info.boxClasses = {"top", "trousers-dress", "shoe", "bag"};
    return info;
}

void checkInputs(const Dataset& fashion, const GarmentScenesSpec& spec, const std::string& name)
{
    requireFashion(fashion, "scenes are composed");
    for (const std::int64_t count : {spec.train, spec.test}) {
        if (count < 1 || count > kMostScenes)
            throw Error(std::to_string(count) + " scenes of a split are asked for; it must be 1 to 100000",
                        name);
    }
}

DrawnSet drawScenes(const DatasetInfo& info, const SceneRules& rules, const Dataset& fashion,
                    const GarmentScenesSpec& spec, const BuildHooks& hooks)
{
    checkInputs(fashion, spec, info.name);
    DrawnSet set;
    set.samples.boxClasses = info.boxClasses;
    std::vector<torch::Tensor> scenes;
    for (const Split split : {Split::Train, Split::Test}) {
        const bool isTest = split == Split::Test;
        const SceneComposer composer(fashion.pixels(split), fashion.labels(split), rules);
        const std::int64_t count = isTest ? spec.test : spec.train;
        for (std::int64_t i = 0; i < count; ++i) {
            if (i % kScenesBetweenCalls == 0 && hooks.checkpoint)
                hooks.checkpoint();
            if (i % kScenesBetweenCalls == 0 && hooks.progress)
                hooks.progress(static_cast<double>(scenes.size()),
                               static_cast<double>(spec.train + spec.test), "Composing scenes");
            const std::string part = isTest ? "test" : "train";
            const auto scene = composer.compose(
                SampleRandom(spec.seed, info.name + '.' + part, static_cast<std::uint64_t>(i)));
            for (Box box : scene.boxes) {
                box.sample = static_cast<std::int64_t>(scenes.size());
                set.samples.boxes.push_back(box);
            }
            scenes.push_back(scene.pixels);
            set.samples.names.push_back(part + "/" + std::to_string(i));
            set.inTest.push_back(isTest);
        }
    }
    set.images = torch::stack(scenes);
    set.labels = torch::zeros({set.images.size(0)}, torch::kInt64);
    return set;
}

DataRecipe sceneRecipe(DatasetInfo info, DrawnSet (*draw)(const BuildFolders&, const BuildHooks&))
{
    return {
        .info = std::move(info),
        .packages = {fashionPackage()},
        .downloadMb = 31,
        .draw = draw,
        .splitRule = "training scenes hold training items of Fashion-MNIST, test scenes test items",
    };
}

} // namespace

DrawnSet drawGarmentScenes(const Dataset& fashion, const GarmentScenesSpec& spec, const BuildHooks& hooks)
{
    return drawScenes(sceneInfo(), kGarmentRules, fashion, spec, hooks);
}

std::shared_ptr<const Dataset> garmentScenes(const Dataset& fashion, const GarmentScenesSpec& spec)
{
    return residentSet(sceneInfo(), drawGarmentScenes(fashion, spec));
}

DataRecipe garmentScenesRecipe()
{
    return sceneRecipe(sceneInfo(), [](const BuildFolders& folders, const BuildHooks& hooks) {
        return drawGarmentScenes(*openFashionPackage(folders), {}, hooks);
    });
}

DrawnSet drawFashionScenes(const Dataset& fashion, const GarmentScenesSpec& spec, const BuildHooks& hooks)
{
    return drawScenes(fashionSceneInfo(), kFashionRules, fashion, spec, hooks);
}

std::shared_ptr<const Dataset> fashionScenes(const Dataset& fashion, const GarmentScenesSpec& spec)
{
    return residentSet(fashionSceneInfo(), drawFashionScenes(fashion, spec));
}

DataRecipe fashionScenesRecipe()
{
    return sceneRecipe(fashionSceneInfo(), [](const BuildFolders& folders, const BuildHooks& hooks) {
        return drawFashionScenes(*openFashionPackage(folders), kFashionCounts, hooks);
    });
}

} // namespace assay::data
