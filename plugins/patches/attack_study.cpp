#include "plugins/patches/attack_study.h"

#include "plugins/patches/attack_run.h"

#include <torch/types.h>

namespace assay::patches {

namespace {

class AttackStudy final : public engine::StudyOf<AttackParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "patches.attack",
            .title = "Adversarial patches",
            .question = "How far does a patch that can be printed mislead a model, and where must it lie?",
            .summary =
                "Trains one patch for all images over random places, sizes, rotations and light, shows "
                "it to the model it was trained on and to others, beside a random patch of the same "
                "size, and finds where, how large and how turned it works. Classifiers are misled, "
                "detectors no longer find a class. The patch lies on the scene and can be moved.",
            .reference = "T. B. Brown, D. Mané, A. Roy, M. Abadi, J. Gilmer: Adversarial Patch. 2017 "
                         "(1712.09665). S. Thys, W. Van Ranst, T. Goedemé: Fooling automated surveillance "
                         "cameras: adversarial patches to attack person detection. CVPR Workshops 2019",
            .keywords = {"adversarial patch", "EOT", "expectation over transformation", "printable",
                         "detector", "object detection", "universal", "physical attack"},
            .outputs = {"tables/success.csv: model, patch, size, placement, n, accuracy, ap, asr, low, high",
                        "tables/places.csv: patch, row, column, n, asr, low, high",
                        "tables/turns.csv: patch, size, angle, n, asr, low, high",
                        "artifacts/patch.png, artifacts/patch.safetensors (patch, mask)",
                        "metrics accuracy.MODEL.PATCH or ap.MODEL.PATCH, asr.MODEL.PATCH"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const AttackParams& params) override
    {
        AttackRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const AttackParams& params) override
    {
        const auto dataset = ctx.dataset(params.dataset);
        const data::DatasetInfo& info = dataset->info();
        const std::vector<Subject> subjects = openSubjects(ctx, params.models, info, params.hide);
        const engine::TensorMap view = ctx.loadArtifact("view");
        const torch::Tensor ids = view.at("samples").cpu().contiguous();
        const std::vector<std::int64_t> samples(ids.data_ptr<std::int64_t>(),
                                                ids.data_ptr<std::int64_t>() + ids.numel());
        const torch::Tensor shown = torch::full({1}, shownSample(params, samples), torch::kInt64);
        ctx.checkpoint();
        SceneSubject scene{
            .subjects = subjects,
            .classes = info.classes,
            .image = patchImages(*dataset, data::Split::Test, shown, ctx.device(), subjects.front()),
            .patch = nullptr,
            .place = shownPlace(params),
            .samples = samples};
        if (!params.target.empty() && !subjects.front().detector)
            scene.target = classCalled(info.classes, params.target, "target");
        if (const auto map = view.find("success_by_place"); map != view.end())
            scene.successByPlace = map->second.cpu();
        attacks::Patch patch;
        if (params.viewPatch != "none") {
            const engine::TensorMap kept = ctx.loadArtifact(patchArtifact(params.viewPatch));
            patch = {
                .name = params.viewPatch, .pixels = kept.at("patch").cpu(), .mask = kept.at("mask").cpu()};
            scene.patch = &patch;
            scene.artifact = patchArtifact(params.viewPatch);
        }
        ctx.scene(attackScene(scene));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeAttackStudy()
{
    return std::make_unique<AttackStudy>();
}

} // namespace assay::patches
