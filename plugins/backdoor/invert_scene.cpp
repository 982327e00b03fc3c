#include "plugins/backdoor/invert_scene.h"

#include "backend/attacks/patch/patch_file.h"
#include "backend/engine/reporting/scene_picture.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr std::int64_t kInvertBars = 5;
constexpr double kInvertMaskOpacity = 0.5;

void addInvertBars(protocol::Scene& scene, const InvertSceneSubject& what, const torch::Tensor& images)
{
    const torch::Tensor all = what.model.logits(images).softmax(1).cpu();
    const std::vector<std::string>& classes = what.results.classes;
    for (std::int64_t i = 0; i < all.size(0); ++i) {
        const std::int64_t most = std::min(kInvertBars, all.size(1));
        const torch::Tensor likely = std::get<1>(all[i].topk(most));
        for (std::int64_t j = 0; j < most; ++j) {
            const std::int64_t k = likely[j].item<std::int64_t>();
            scene.bars.push_back({.label = classes[std::size_t(k)],
                                  .value = all[i][k].item<double>(),
                                  .role = k == what.label                 ? "good"
                                          : k == std::int64_t(what.shown) ? "bad"
                                                                          : "",
                                  .group = scene.pictures[std::size_t(i)].name});
        }
    }
}

void addInvertPatch(protocol::Scene& scene, const InvertedTrigger& trigger)
{
    if (trigger.pattern.size(0) != 1 && trigger.pattern.size(0) != 3)
        return; // no picture that could be kept
    const torch::Tensor rgba = attacks::patchRgba(trigger.pattern, trigger.mask);
    protocol::ScenePatch& patch = scene.patch;
    patch.name = invertArtifact(trigger.target);
    patch.rows = std::uint32_t(rgba.size(0));
    patch.columns = std::uint32_t(rgba.size(1));
    patch.pixels.assign(rgba.data_ptr<std::uint8_t>(), rgba.data_ptr<std::uint8_t>() + rgba.numel());
    patch.x = scene.width / 2.0;
    patch.y = scene.height / 2.0;
    patch.width = scene.width;
    patch.height = scene.height;
}

} // namespace

std::string invertArtifact(std::int64_t target)
{
    return "recovered-" + std::to_string(target);
}

std::size_t invertShownClass(const InvertParams& params, const InvertResults& results)
{
    return params.viewClass.empty() ? results.smallest()
                                    : std::size_t(classNamed(results.classes, params.viewClass, "class"));
}

protocol::Scene invertScene(const InvertSceneSubject& what)
{
    const torch::NoGradGuard off;
    const InvertedTrigger& trigger = what.results.triggers.at(what.shown);
    const std::string& name = what.results.classes.at(what.shown);
    protocol::Scene scene{.name = "bench",
                          .title = "The recovered trigger on an image",
                          .section = "On the bench",
                          .width = std::uint32_t(what.x.size(3)),
                          .height = std::uint32_t(what.x.size(2)),
                          .sampleField = "sample",
                          .samples = what.samples,
                          .sample = what.sample};
    scene.caption = "True class: " + what.results.classes.at(std::size_t(what.label)) +
                    ". The trigger recovered for " + name + "; the map is its mask.";
    std::vector<torch::Tensor> images = {what.x, withInverted(what.x, trigger)};
    scene.pictures = {reporting::scenePicture("clean", what.x[0]),
                      reporting::scenePicture("recovered", images[1][0])};
    if (what.planted) {
        images.push_back(what.planted->stamp(what.x));
        scene.pictures.push_back(reporting::scenePicture("planted", images[2][0]));
    }
    const torch::Tensor mask = trigger.mask.contiguous();
    scene.maps.push_back({.name = "mask",
                          .rows = std::uint32_t(mask.size(1)),
                          .columns = std::uint32_t(mask.size(2)),
                          .values = {mask.data_ptr<float>(), mask.data_ptr<float>() + mask.numel()},
                          .opacity = kInvertMaskOpacity});
    addInvertBars(scene, what, torch::cat(images));
    addInvertPatch(scene, trigger);
    return scene;
}

} // namespace assay::backdoor
