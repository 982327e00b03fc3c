#include "plugins/patches/attack_scene.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/scene_picture.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::patches {

namespace {

/// Scores from which a detector's boxes are drawn.
constexpr double kShownScore = 0.25;
constexpr double kMapOpacity = 0.35;
constexpr std::size_t kMostBars = 12;

void addBars(protocol::Scene& scene, const SceneSubject& what, const Subject& subject,
             const torch::Tensor& shown)
{
    const torch::Tensor probability = subject.model->logits(shown).softmax(1)[0].cpu();
    const std::int64_t label = what.image.y[0].item<std::int64_t>();
    const auto most = static_cast<std::int64_t>(std::min(what.classes.size(), kMostBars));
    const torch::Tensor likely = std::get<0>(std::get<1>(probability.topk(most)).sort());
    for (std::int64_t i = 0; i < most; ++i) {
        const std::int64_t k = likely[i].item<std::int64_t>();
        scene.bars.push_back({.label = what.classes[static_cast<std::size_t>(k)],
                              .value = probability[k].item<double>(),
                              .role = k == label                         ? "good"
                                      : what.target && k == *what.target ? "bad"
                                                                         : "",
                              .group = what.subjects.size() > 1 ? subject.name : ""});
    }
}

void addBoxes(protocol::Scene& scene, const SceneSubject& what, const torch::Tensor& shown)
{
    const Subject& subject = what.subjects.front();
    for (const metrics::Rectangle& box : what.image.truths.front())
        scene.boxes.push_back({box.x, box.y, box.width, box.height, "true", -1, "neutral"});
    const auto found =
        models::chosen(subject.detector->candidates(shown), {.scoreAtLeast = kShownScore}).front();
    for (const models::Detection& d : found) {
        const std::string& label = subject.model->card().classes[static_cast<std::size_t>(d.category)];
        scene.boxes.push_back({d.x, d.y, d.width, d.height, label, d.score, "class:" + label});
    }
}

void addPatch(protocol::Scene& scene, const SceneSubject& what)
{
    const attacks::Patch& patch = *what.patch;
    const attacks::PatchPlace& place = what.place;
    const torch::Tensor rgba = attacks::patchRgba(patch.pixels, patch.mask);
    const double width = place.size * std::min(scene.width, scene.height);
    protocol::ScenePatch& shown = scene.patch;
    shown.name = what.artifact;
    shown.rows = static_cast<std::uint32_t>(rgba.size(0));
    shown.columns = static_cast<std::uint32_t>(rgba.size(1));
    shown.pixels.assign(rgba.data_ptr<std::uint8_t>(), rgba.data_ptr<std::uint8_t>() + rgba.numel());
    shown.x = place.x * scene.width;
    shown.y = place.y * scene.height;
    shown.width = width;
    shown.height = width * double(rgba.size(0)) / double(rgba.size(1));
    shown.angle = place.angle;
    shown.xField = "patch_x";
    shown.yField = "patch_y";
    shown.sizeField = "patch_size";
    shown.angleField = "patch_angle";
}

void addMap(protocol::Scene& scene, const torch::Tensor& successByPlace)
{
    const torch::Tensor values = successByPlace.to(torch::kFloat32).contiguous();
    scene.maps.push_back({.name = "success by place",
                          .rows = static_cast<std::uint32_t>(values.size(0)),
                          .columns = static_cast<std::uint32_t>(values.size(1)),
                          .values = {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()},
                          .opacity = kMapOpacity});
}

} // namespace

attacks::PatchPlace shownPlace(const AttackParams& p)
{
    return {.x = p.patchX, .y = p.patchY, .size = p.patchSize, .angle = p.patchAngle};
}

std::int64_t shownSample(const AttackParams& params, const std::vector<std::int64_t>& ids)
{
    return std::ranges::find(ids, params.sample) != ids.end() || ids.empty() ? params.sample : ids.front();
}

protocol::Scene attackScene(const SceneSubject& what)
{
    const torch::NoGradGuard off;
    const torch::Tensor& x = what.image.x;
    protocol::Scene scene{.name = "bench",
                          .title = "The patch, to be held",
                          .section = "On the bench",
                          .width = static_cast<std::uint32_t>(x.size(3)),
                          .height = static_cast<std::uint32_t>(x.size(2)),
                          .sampleField = "sample",
                          .samples = what.samples,
                          .sample = what.image.ids[0].item<std::int64_t>()};
    torch::Tensor shown = x;
    if (what.patch) {
        const torch::Device device = x.device();
        shown = attacks::applyPatch(x, what.patch->pixels.to(device), what.patch->mask.to(device),
                                    attacks::placesOf(what.place, 1, x.size(2), x.size(3),
                                                      what.patch->pixels.size(1), what.patch->pixels.size(2),
                                                      device));
        addPatch(scene, what);
    }
    scene.pictures = {reporting::scenePicture("clean", x[0]), reporting::scenePicture("patched", shown[0])};
    if (what.subjects.front().detector) {
        scene.caption = "Boxes of " + what.subjects.front().name +
                        " for the image with the patch, from a score of " +
                        reporting::shortText(kShownScore) + ". Drag the patch.";
        addBoxes(scene, what, shown);
    } else {
        const auto label = static_cast<std::size_t>(what.image.y[0].item<std::int64_t>());
        scene.caption = "True class: " + what.classes.at(label) +
                        ". The bars are of the image with the patch. Drag the patch.";
        for (const Subject& subject : what.subjects)
            addBars(scene, what, subject, shown);
    }
    if (what.successByPlace.defined())
        addMap(scene, what.successByPlace);
    return scene;
}

} // namespace assay::patches
