#include "plugins/patches/pod_study.h"

#include "backend/models/parallel.h"
#include "plugins/patches/pod_bench.h"
#include "plugins/patches/pod_run.h"

#include <torch/types.h>

namespace assay::patches {

namespace {

class PodStudy final : public engine::StudyOf<pod::PodParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "patches.pod",
            .title = "Defending a detector with random patches (POD)",
            .question =
                "Does training with random patches protect a detector from patches it has never seen?",
            .summary = "Trains the same detector in several ways: undefended, with random patches, with "
                       "random patches that "
                       "it is to find as a class of their own (POD), and adversarially. Attacks each with "
                       "patches that are "
                       "learned against it, with black-box blocks, learned shapes, noise and black squares, "
                       "over sizes and "
                       "shapes, and measures how many objects it still finds, whether it finds the patches, "
                       "and what the "
                       "training costs.",
            .reference =
                "L. Strack, F. Waseda, H. H. Nguyen, Y. Zheng, I. Echizen: Defending Against Physical "
                "Adversarial Patch Attacks on Infrared Human Detection. ICIP 2024",
            .keywords = {"adversarial patch", "POD", "detector", "detection", "infrared", "person", "defence",
                         "augmentation", "cutout", "HOTCOLD", "average precision"},
            .outputs =
                {"tables/ap.csv: model, attack, shape, size, n, ap_person, ap_patch, low, high, "
                 "ap_patch_loose, "
                 "false_patches",
                 "tables/summary.csv: training, defence, attack, shape, size, repeats, ap_person, deviation, "
                 "ap_patch, ap_patch_loose",
                 "tables/missed.csv: model, attack, shape, size, area, n, asr, low, high",
                 "tables/trainings.csv: model, training, repeat, epochs, loss, seconds, cpu_seconds, "
                 "against_naive",
                 "artifacts/TRAINING-REPEAT.safetensors and .json: the trained detectors",
                 "artifacts/patch-TRAINING-REPEAT-ATTACK.safetensors: learned patches",
                 "metrics ap.TRAINING.ATTACK, ap_patch.TRAINING.scattered, false_patches.TRAINING.clean, "
                 "time.TRAINING"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const pod::PodParams& params) override
    {
        pod::PodRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const pod::PodParams& params) override
    {
        const models::SingleThread single;
        const pod::Bench bench = pod::Bench::from(ctx.loadArtifact("bench"));
        const pod::BenchSubject& subject = bench.shown(params);
        const std::string file = (ctx.folder() / "artifacts" / (subject.name + ".safetensors")).string();
        const models::Detector detector(ctx.model({subject.model.empty() ? file : subject.model}));
        ctx.checkpoint();
        ctx.scene(pod::benchScene(bench, subject, detector, params));
    }
};

} // namespace

std::unique_ptr<engine::Study> makePodStudy()
{
    return std::make_unique<PodStudy>();
}

} // namespace assay::patches
