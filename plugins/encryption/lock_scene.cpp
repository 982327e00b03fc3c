#include "plugins/encryption/lock_scene.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/scene_picture.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption::lock {

namespace {

constexpr std::int64_t kBoxNumbers = 6; ///< image, left, top, width, height, category

std::string keyText(const LockParams& p)
{
    if (p.viewKey == "none")
        return "no key";
    if (p.viewKey == "wrong")
        return "wrong key " + std::to_string(p.viewNumber);
    if (p.viewKey == "typed")
        return "the key '" + p.viewTyped + "'";
    return p.viewRight >= 1
               ? "the right key"
               : "a key that is right at " + reporting::percentText(p.viewRight) + " of its positions";
}

} // namespace

engine::TensorMap Bench::tensors() const
{
    std::vector<float> numbers;
    for (std::size_t i = 0; i < scenes.boxes.size(); ++i)
        for (const data::Box& box : scenes.boxes[i])
            numbers.insert(numbers.end(), {static_cast<float>(i), box.x, box.y, box.width, box.height,
                                           static_cast<float>(box.category)});
    Json maps = Json::object();
    for (const auto& [map, shape] : shapes)
        maps[map] = {shape.channels, shape.height, shape.width};
    return {{"ids", scenes.ids},
            {"pixels", scenes.pixels},
            {"boxes", torch::tensor(numbers).reshape({-1, kBoxNumbers})},
            {"meta", reporting::jsonTensor({{"classes", classes}, {"maps", maps}})}};
}

Bench Bench::from(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    Bench bench;
    bench.scenes.ids = stored.at("ids", torch::kInt64, 1);
    bench.scenes.pixels = stored.at("pixels", torch::kUInt8, 4);
    const torch::Tensor boxes = stored.at("boxes", torch::kFloat32, 2);
    const std::int64_t count = bench.scenes.pixels.size(0);
    if (bench.scenes.ids.size(0) != count || count == 0 || boxes.size(1) != kBoxNumbers)
        reporting::StoredResults::refuse("pixels");
    stored.meta([&](const Json& meta) {
        bench.classes = meta.at("classes").get<std::vector<std::string>>();
        for (const auto& [map, shape] : meta.at("maps").items())
            bench.shapes[map] = {shape.at(0).get<std::int64_t>(), shape.at(1).get<std::int64_t>(),
                                 shape.at(2).get<std::int64_t>()};
    });
    bench.scenes.boxes.resize(static_cast<std::size_t>(count));
    const auto at = boxes.accessor<float, 2>();
    for (std::int64_t b = 0; b < boxes.size(0); ++b) {
        const auto image = static_cast<std::int64_t>(at[b][0]);
        const auto category = static_cast<std::int32_t>(at[b][5]);
        if (image < 0 || image >= count || category < 0 || category >= std::ssize(bench.classes))
            reporting::StoredResults::refuse("boxes");
        data::Box box;
        box.sample = image;
        box.x = at[b][1];
        box.y = at[b][2];
        box.width = at[b][3];
        box.height = at[b][4];
        box.category = category;
        bench.scenes.boxes[static_cast<std::size_t>(image)].push_back(box);
    }
    return bench;
}

SecretKey ownersKey(const LockParams& params, std::uint64_t seed)
{
    if (!params.keyFile.empty())
        return readKeyFile(params.keyFile);
    if (params.key.empty())
        throw Error("the key has no name", "key", "Name one, or give a key file.");
    return SecretKey::forExperiment(seed, params.key);
}

SecretKey wrongKey(std::uint64_t seed, int number)
{
    return SecretKey::forExperiment(seed, "wrong key " + std::to_string(number));
}

LockSpec lockNamed(const std::string& name, const LockParams& params, const MapShapes& shapes)
{
    return {.maps = mapsNamed(name, shapes),
            .transform = transformFromName(params.transform),
            .share = params.share,
            .block = params.mapBlock};
}

std::string shownLock(const LockParams& params)
{
    for (const std::string& wanted : {params.viewLock, params.main})
        if (std::ranges::find(params.layers, wanted) != params.layers.end())
            return wanted;
    return params.layers.front();
}

std::string modelName(const std::string& lock)
{
    std::string name = "lock-" + lock;
    std::ranges::replace(name, '+', '-');
    return name;
}

MapKeys shownKeys(const LockParams& params, const MapShapes& shapes, std::uint64_t seed)
{
    if (params.viewKey == "none")
        return {};
    const LockSpec spec = lockNamed(shownLock(params), params, shapes);
    const SecretKey wrong = wrongKey(seed, params.viewNumber);
    if (params.viewKey == "wrong")
        return mapKeys(wrong, spec, shapes);
    if (params.viewKey == "typed")
        return mapKeys(SecretKey::forExperiment(seed, params.viewTyped), spec, shapes);
    const MapKeys right = mapKeys(ownersKey(params, seed), spec, shapes);
    return partlyRight(right, mapKeys(wrong, spec, shapes), params.viewRight, wrong);
}

protocol::Scene benchScene(const Bench& bench, const models::Detector& detector, const LockParams& params)
{
    protocol::Scene scene;
    scene.name = "bench";
    scene.title = "The detector locked at " + shownLock(params) + ", with " + keyText(params);
    scene.caption = "Grey: what is there. Coloured: what the detector finds. Change the key.";
    scene.section = "With a key in hand";
    scene.sampleField = "sample";
    const torch::Tensor& ids = bench.scenes.ids;
    scene.samples.assign(ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel());
    const auto wanted = std::ranges::find(scene.samples, params.sample);
    const auto row = wanted == scene.samples.end() ? 0 : wanted - scene.samples.begin();
    scene.sample = scene.samples[static_cast<std::size_t>(row)];
    const torch::Tensor pixels = bench.scenes.pixels[row];
    scene.width = static_cast<std::uint32_t>(pixels.size(2));
    scene.height = static_cast<std::uint32_t>(pixels.size(1));
    scene.pictures = {reporting::scenePicture("scene", pixels)};
    for (const data::Box& box : bench.scenes.boxes[static_cast<std::size_t>(row)])
        scene.boxes.push_back({box.x, box.y, box.width, box.height,
                               bench.classes[static_cast<std::size_t>(box.category)], -1, "neutral"});
    const torch::NoGradGuard off;
    models::DetectionRule rule = kLockRule;
    rule.scoreAtLeast = params.score;
    const torch::Tensor image = pixels.unsqueeze(0).to(torch::kFloat32).div(255).to(detector.device());
    const std::vector<models::Detections> found = models::chosen(detector.candidates(image), rule);
    for (const models::Detection& d : found.front()) {
        const std::string& label = bench.classes.at(static_cast<std::size_t>(d.category));
        scene.boxes.push_back({d.x, d.y, d.width, d.height, label, d.score, "class:" + label});
    }
    return scene;
}

} // namespace assay::encryption::lock
