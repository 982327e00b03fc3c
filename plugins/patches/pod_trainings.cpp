#include "plugins/patches/pod_trainings.h"

#include "backend/models/architectures/architectures.h"
#include "backend/models/architectures/grid_detector.h"
#include "backend/protocol/error.h"
#include "plugins/patches/pod_params.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace assay::patches::pod {

namespace {

/// A network for the scenes with its card; its weights are arbitrary.
std::pair<std::shared_ptr<models::Network>, models::ModelCard>
freshDetector(const Scenes& scenes, Training training, const std::string& name, const std::string& objectName)
{
    models::ModelCard card;
    card.name = name;
    card.title = "Detector of " + objectName + ", " + name;
    card.architecture = "grid-detector";
    card.task = models::Task::Detection;
    card.output = models::gridOutput();
    card.classes = {objectName};
    if (findsPatches(training))
        card.classes.push_back("patch");
    const std::int64_t channels = scenes.pixels.size(1);
    card.input = {.channels = channels, .height = scenes.pixels.size(2), .width = scenes.pixels.size(3)};
    card.input.mean.assign(static_cast<std::size_t>(channels), 0.0);
    card.input.stddev.assign(static_cast<std::size_t>(channels), 1.0);
    auto network = models::makeNetwork(card.architecture, card.options, card.input,
                                       static_cast<std::int64_t>(card.classes.size()));
    return {std::move(network), std::move(card)};
}

training::DetectorSpec specOf(Training training, const TrainingPlan& plan, std::uint64_t seed)
{
    training::DetectorSpec spec;
    spec.epochs = plan.epochs;
    spec.batch = plan.batch;
    spec.learningRate = plan.learningRate;
    spec.initSeed = spec.orderSeed = seed;
    if (findsPatches(training))
        spec.loss.classWeights = {1, plan.patchWeight};
    return spec;
}

bool learnsPatches(Training training)
{
    return training == Training::Adversarial || training == Training::AdversarialDetect;
}

Json keyOf(const RandomPatches& patches)
{
    Json families = Json::array();
    for (const Family family : patches.families)
        families.push_back(familyName(family));
    return {{"families", families},
            {"count", patches.count},
            {"low", patches.sideLow},
            {"high", patches.sideHigh}};
}

/// All that a training depends on besides the scenes.
Json keyOf(Training training, const TrainingPlan& plan, std::uint64_t seed)
{
    Json key = {{"what", "pod.trained"},
                {"method", 1},
                {"training", static_cast<int>(training)},
                {"spec", training::toJson(specOf(training, plan, seed))}};
    if (training != Training::Naive)
        key["patches"] = keyOf(plan.patches);
    if (learnsPatches(training)) {
        key["after"] = plan.learnAfter;
        key["learned"] = {{"side", plan.learned.side},     {"steps", plan.learned.steps},
                          {"size", plan.learned.size},     {"restarts", plan.learned.restarts},
                          {"images", plan.learnedImages},  {"variation", plan.learned.variation},
                          {"offset", plan.learned.offset}, {"angle", plan.learned.angle}};
    }
    return key;
}

engine::TensorMap tensorsOf(const TrainedDetector& trained)
{
    engine::TensorMap map;
    for (const auto& [name, tensor] : trained.detector->model().namedParameters())
        map["w." + name] = tensor.detach().clone();
    const torch::Tensor losses =
        torch::empty({static_cast<std::int64_t>(trained.epochs.size()), 3}, torch::kFloat64);
    for (std::size_t e = 0; e < trained.epochs.size(); ++e) {
        const training::DetectorEpoch& epoch = trained.epochs[e];
        losses[static_cast<std::int64_t>(e)].copy_(
            torch::tensor({epoch.loss, epoch.objectLoss, epoch.boxLoss}, torch::kFloat64));
    }
    map["losses"] = losses;
    map["seconds"] = torch::tensor({trained.seconds, trained.cpuSeconds}, torch::kFloat64);
    return map;
}

} // namespace

Training trainingFromName(const std::string& name)
{
    const auto& names = trainingNames();
    const auto at = std::ranges::find(names, name);
    if (at == names.end())
        throw Error("there is no training '" + name + "'", "trainings",
                    "Choose among naive, patch, pod, adv and adv_det.");
    return static_cast<Training>(at - names.begin());
}

bool findsPatches(Training training)
{
    return training == Training::Pod || training == Training::AdversarialDetect;
}

training::BatchHook coveringHook(Training training, const RandomPatches& patches,
                                 const std::vector<torch::Tensor>& learned)
{
    if (training == Training::Naive)
        return {};
    return [training, patches, &learned](torch::Tensor& images, BoxLists& boxes, at::Generator& generator) {
        if (learnsPatches(training) && learned.empty())
            return;
        const auto seed =
            torch::randint(std::numeric_limits<std::int64_t>::max(), {1}, generator, torch::kInt64);
        Draws draws(static_cast<std::uint64_t>(seed.item<std::int64_t>()));
        const torch::Tensor which = torch::zeros({images.size(0)}, torch::kBool);
        for (std::size_t i = 0; i < boxes.size(); ++i)
            which.data_ptr<bool>()[i] = !boxes[i].empty();
        images = images.contiguous();
        const auto pasted = learnsPatches(training)
                                ? pasteStoredPatches(images, learned, patches, draws, which)
                                : pasteRandomPatches(images, patches, draws, which);
        if (!findsPatches(training))
            return;
        for (const PastedPatch& label : pasted)
            boxes[static_cast<std::size_t>(label.image)].push_back(boxOf(label));
    };
}

TrainedDetector trainOne(const Scenes& scenes, Training training, const TrainingPlan& plan,
                         std::uint64_t seed, const std::string& name, const std::string& objectName,
                         torch::Device device, const TrainingCalls& calls)
{
    auto [network, card] = freshDetector(scenes, training, name, objectName);
    network->to(device);
    std::vector<torch::Tensor> learned;
    training::DetectorHooks hooks;
    hooks.checkpoint = calls.checkpoint;
    hooks.batch = coveringHook(training, plan.patches, learned);
    hooks.progress = [&](std::int64_t done, std::int64_t total) {
        if (calls.progress)
            calls.progress(static_cast<double>(done) / static_cast<double>(total));
    };
    if (learnsPatches(training))
        hooks.afterEpoch = [&](int epoch, const models::Network& now) {
            if (std::ranges::find(plan.learnAfter, epoch) == plan.learnAfter.end() || epoch >= plan.epochs)
                return;
            AdvPatchSpec spec = plan.learned;
            spec.seed = seed + static_cast<std::uint64_t>(epoch);
            auto frozen =
                std::make_shared<models::Detector>(std::make_shared<models::Model>(now.copy(), card));
            const auto found = learnPatch(std::move(frozen), scenes.first(plan.learnedImages), spec,
                                          {.checkpoint = calls.checkpoint});
            learned.push_back(found.patch.mean(0).cpu().contiguous());
        };
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpuStart = std::clock();
    TrainedDetector trained;
    trained.epochs = training::trainDetector(*network, {scenes.pixels, scenes.objects},
                                             specOf(training, plan, seed), hooks);
    trained.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    trained.cpuSeconds = static_cast<double>(std::clock() - cpuStart) / CLOCKS_PER_SEC;
    trained.training = training;
    trained.detector = std::make_shared<models::Detector>(
        std::make_shared<models::Model>(std::move(network), std::move(card)));
    return trained;
}

TrainedDetector trainedOne(engine::RunContext& context, const Json& key, const Scenes& scenes,
                           Training training, const TrainingPlan& plan, std::uint64_t seed,
                           const std::string& name, const std::string& objectName, const TrainingCalls& calls)
{
    Json full = keyOf(training, plan, seed);
    full["scenes"] = key;
    const engine::TensorMap kept = context.cached(full, [&] {
        return tensorsOf(trainOne(scenes, training, plan, seed, name, objectName, context.device(), calls));
    });
    auto [network, card] = freshDetector(scenes, training, name, objectName);
    network->to(context.device());
    {
        const torch::NoGradGuard off;
        for (auto& [weight, tensor] : network->persistent())
            tensor.copy_(kept.at("w." + weight));
    }
    TrainedDetector trained;
    const torch::Tensor losses = kept.at("losses").cpu(), seconds = kept.at("seconds").cpu();
    for (std::int64_t e = 0; e < losses.size(0); ++e) {
        training::DetectorEpoch epoch;
        epoch.epoch = static_cast<int>(e) + 1;
        epoch.epochs = static_cast<int>(losses.size(0));
        epoch.loss = losses[e][0].item<double>();
        epoch.objectLoss = losses[e][1].item<double>();
        epoch.boxLoss = losses[e][2].item<double>();
        trained.epochs.push_back(epoch);
    }
    trained.seconds = seconds[0].item<double>();
    trained.cpuSeconds = seconds[1].item<double>();
    trained.training = training;
    trained.detector = std::make_shared<models::Detector>(
        std::make_shared<models::Model>(std::move(network), std::move(card)));
    return trained;
}

} // namespace assay::patches::pod
