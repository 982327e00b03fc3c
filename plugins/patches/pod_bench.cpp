#include "plugins/patches/pod_bench.h"

#include "backend/attacks/patch/patch_file.h"
#include "backend/attacks/patch/placement.h"
#include "backend/engine/reporting/scene_picture.h"
#include "backend/engine/reporting/stored_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::patches::pod {

namespace {

std::vector<std::uint8_t> bytesOf(const torch::Tensor& tensor)
{
    const torch::Tensor flat = tensor.contiguous();
    const auto* data = flat.data_ptr<std::uint8_t>();
    return {data, data + flat.numel()};
}

protocol::SceneBox sceneBox(double x, double y, double width, double height, const std::string& label,
                            const std::string& role, double score = -1)
{
    return {x, y, width, height, label, score, role};
}

void addPatch(protocol::Scene& scene, const torch::Tensor& patch, const PodParams& params)
{
    const torch::Tensor mask = torch::ones({1, patch.size(1), patch.size(2)});
    scene.patch.name = params.viewPatch;
    scene.patch.rows = static_cast<std::uint32_t>(patch.size(1));
    scene.patch.columns = static_cast<std::uint32_t>(patch.size(2));
    scene.patch.pixels = bytesOf(attacks::patchRgba(patch.narrow(0, 0, patch.size(0) >= 3 ? 3 : 1), mask));
    scene.patch.x = params.x * scene.width;
    scene.patch.y = params.y * scene.height;
    scene.patch.width = scene.patch.height = params.patchSize * std::min(scene.width, scene.height);
    scene.patch.angle = params.angle;
    scene.patch.xField = "patch_x";
    scene.patch.yField = "patch_y";
    scene.patch.sizeField = "patch_size";
    scene.patch.angleField = "patch_angle";
}

/// Scores below are not drawn.
constexpr float kLeastDrawn = 0.05F;

/// How sure a grid detector is of a class in each of its cells, drawn where it is at all.
protocol::SceneMap scoresOf(const models::Candidates& candidates, std::int32_t category, std::string name,
                            const protocol::Scene& scene, std::int64_t stride)
{
    const std::int64_t rows = scene.height / stride, columns = scene.width / stride;
    const torch::Tensor cells =
        candidates.scores[0].select(1, category).narrow(0, category * rows * columns, rows * columns);
    protocol::SceneMap map{.name = std::move(name),
                           .rows = static_cast<std::uint32_t>(rows),
                           .columns = static_cast<std::uint32_t>(columns),
                           .opacity = 0.4};
    const torch::Tensor drawn =
        torch::where(cells < kLeastDrawn, torch::full_like(cells, std::numeric_limits<float>::quiet_NaN()),
                     cells)
            .cpu()
            .contiguous();
    map.values.assign(drawn.data_ptr<float>(), drawn.data_ptr<float>() + drawn.numel());
    return map;
}

void addFindings(protocol::Scene& scene, const torch::Tensor& image, const Bench& bench,
                 const Reading& reading, const models::Detector& detector, double scoreAtLeast)
{
    const torch::NoGradGuard off;
    const models::Candidates candidates = detector.candidates(image.to(detector.device()));
    const auto found = models::chosen(candidates, {.scoreAtLeast = scoreAtLeast, .iouAtMost = kFoundOverlap});
    for (const models::Detection& one : found.front()) {
        if (one.category == reading.object)
            scene.boxes.push_back(
                sceneBox(one.x, one.y, one.width, one.height, bench.objectName, "same", one.score));
        else if (reading.patch && one.category == *reading.patch)
            scene.boxes.push_back(
                sceneBox(one.x, one.y, one.width, one.height, "patch", "different", one.score));
    }
    if (detector.layout().form != models::LayoutForm::Grid)
        return;
    const std::int64_t stride = detector.layout().stride;
    scene.maps.push_back(scoresOf(candidates, reading.object, bench.objectName, scene, stride));
    if (reading.patch)
        scene.maps.push_back(scoresOf(candidates, *reading.patch, "patch", scene, stride));
}

} // namespace

engine::TensorMap Bench::tensors() const
{
    engine::TensorMap map{{"ids", scenes.ids}, {"pixels", scenes.pixels}};
    std::vector<float> numbers;
    for (std::size_t i = 0; i < scenes.objects.size(); ++i)
        for (const data::Box& box : scenes.objects[i])
            numbers.insert(numbers.end(), {static_cast<float>(i), box.x, box.y, box.width, box.height});
    map["boxes"] = torch::tensor(numbers).reshape({-1, 5});
    for (const auto& [name, patch] : patches)
        map["patch." + name] = patch;
    Json list = Json::array();
    for (const BenchSubject& subject : subjects)
        list.push_back({{"name", subject.name},
                        {"group", subject.group},
                        {"repeat", subject.repeat},
                        {"model", subject.model},
                        {"object", subject.reading.object},
                        {"patch", subject.reading.patch.value_or(-1)}});
    map["meta"] = reporting::jsonTensor({{"object", objectName}, {"subjects", list}});
    return map;
}

Bench Bench::from(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    Bench bench;
    bench.scenes.ids = stored.at("ids", torch::kInt64, 1);
    bench.scenes.pixels = stored.at("pixels", torch::kUInt8, 4);
    const torch::Tensor boxes = stored.at("boxes", torch::kFloat32, 2);
    const std::int64_t count = bench.scenes.pixels.size(0);
    if (bench.scenes.ids.size(0) != count || count == 0 || boxes.size(1) != 5)
        reporting::StoredResults::refuse("pixels");
    bench.scenes.objects.resize(static_cast<std::size_t>(count));
    const auto at = boxes.accessor<float, 2>();
    for (std::int64_t b = 0; b < boxes.size(0); ++b) {
        const auto image = static_cast<std::int64_t>(at[b][0]);
        if (image < 0 || image >= count)
            reporting::StoredResults::refuse("boxes");
        data::Box box;
        box.sample = image;
        box.x = at[b][1];
        box.y = at[b][2];
        box.width = at[b][3];
        box.height = at[b][4];
        bench.scenes.objects[static_cast<std::size_t>(image)].push_back(box);
    }
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with("patch."))
            bench.patches[name.substr(6)] = stored.at(name, torch::kFloat32, 3);
    stored.meta([&](const Json& meta) {
        bench.objectName = meta.at("object").get<std::string>();
        for (const Json& entry : meta.at("subjects")) {
            BenchSubject subject;
            subject.name = entry.at("name").get<std::string>();
            subject.group = entry.at("group").get<std::string>();
            subject.repeat = entry.at("repeat").get<int>();
            subject.model = entry.at("model").get<std::string>();
            subject.reading.object = entry.at("object").get<std::int32_t>();
            if (const auto patch = entry.at("patch").get<std::int32_t>(); patch >= 0)
                subject.reading.patch = patch;
            bench.subjects.push_back(std::move(subject));
        }
    });
    if (bench.subjects.empty())
        reporting::StoredResults::refuse("meta");
    return bench;
}

const BenchSubject& Bench::shown(const PodParams& params) const
{
    const BenchSubject* ofGroup = nullptr;
    for (const BenchSubject& subject : subjects) {
        if (subject.group != params.viewTraining)
            continue;
        if (subject.repeat == params.viewRepeat)
            return subject;
        if (!ofGroup)
            ofGroup = &subject;
    }
    return ofGroup ? *ofGroup : subjects.front();
}

torch::Tensor Bench::patch(const BenchSubject& subject, const PodParams& params) const
{
    if (params.viewPatch == "none")
        return {};
    for (const std::string& name :
         {subject.name + '.' + params.viewPatch, params.viewPatch, std::string("black")})
        if (const auto found = patches.find(name); found != patches.end())
            return found->second;
    return {};
}

protocol::Scene benchScene(const Bench& bench, const BenchSubject& subject, const models::Detector& detector,
                           const PodParams& params)
{
    protocol::Scene scene;
    scene.name = "bench";
    scene.title = groupTitle(subject.group) + ", repeat " + std::to_string(subject.repeat);
    scene.caption =
        "Move, turn and resize the patch: the boxes are what the detector finds with it. True boxes of "
        "the " +
        bench.objectName + " stand beside those found.";
    scene.section = "Bench";
    scene.sampleField = "sample";
    const torch::Tensor& ids = bench.scenes.ids;
    scene.samples.assign(ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel());
    const auto wanted = std::ranges::find(scene.samples, params.sample);
    const auto row = wanted == scene.samples.end() ? 0 : wanted - scene.samples.begin();
    scene.sample = scene.samples[static_cast<std::size_t>(row)];

    const torch::Tensor clean = bench.scenes.pixels.narrow(0, row, 1).to(torch::kFloat32).div(255);
    scene.width = static_cast<std::uint32_t>(clean.size(3));
    scene.height = static_cast<std::uint32_t>(clean.size(2));
    torch::Tensor shown = clean;
    if (const torch::Tensor patch = bench.patch(subject, params); patch.defined()) {
        addPatch(scene, patch, params);
        shown = attacks::applyPatch(clean, patch, {},
                                    attacks::placesOf({params.x, params.y, params.patchSize, params.angle}, 1,
                                                      clean.size(2), clean.size(3), patch.size(1),
                                                      patch.size(2), torch::kCPU));
    }
    scene.pictures = {reporting::scenePicture("clean", clean[0]),
                      reporting::scenePicture("patched", shown[0])};
    for (const data::Box& box : bench.scenes.objects[static_cast<std::size_t>(row)])
        scene.boxes.push_back(sceneBox(box.x, box.y, box.width, box.height, "true", "neutral"));
    addFindings(scene, shown, bench, subject.reading, detector, params.score);
    return scene;
}

} // namespace assay::patches::pod
