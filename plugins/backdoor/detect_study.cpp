#include "plugins/backdoor/detect_study.h"

#include "backend/models/parallel.h"
#include "plugins/backdoor/detect_run.h"

namespace assay::backdoor {

namespace {

class DetectStudy final : public engine::StudyOf<DetectParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "backdoor.detect",
            .title = "Finding images with a trigger",
            .question = "Is this single image carrying a backdoor trigger?",
            .summary = "Puts clean images and as many with the trigger before models with a backdoor and "
                       "asks detectors "
                       "which is which: IBD-PSC amplifies the last layers, TeCo corrupts the image, STRIP "
                       "lays others "
                       "over it, SCALE-UP multiplies its pixels; Spectral Signatures and Activation "
                       "Clustering look for "
                       "poison in the training set. ROC curves, rates at a threshold, false alarms by class, "
                       "and images "
                       "per second. Spectral Signatures pooled over classes and the score of Activation "
                       "Clustering are "
                       "reconstructions.",
            .reference = "L. Hou et al.: IBD-PSC: Input-level Backdoor Detection via Parameter-oriented "
                         "Scaling Consistency. "
                         "ICML 2024. X. Liu et al.: Detecting Backdoors During the Inference Stage Based on "
                         "Corruption "
                         "Robustness Consistency. CVPR 2023",
            .keywords = {"backdoor", "trojan", "trigger", "detection", "IBD-PSC", "TeCo", "STRIP", "SCALE-UP",
                         "Spectral Signatures", "Activation Clustering", "ROC", "AUROC", "poisoning"},
            .outputs =
                {"tables/auroc.csv: detector, trigger, dataset, seed, auroc, tpr_at_5fpr, images_per_second",
                 "tables/summary.csv: detector, trigger, runs, auroc, deviation, low, high, tpr_at_5fpr, "
                 "images_per_second",
                 "tables/operating.csv: detector, model, trigger, seed, rule, threshold, tpr, tpr_low, "
                 "tpr_high, fpr, fpr_low, fpr_high, f1, accuracy",
                 "tables/classes.csv: detector, model, trigger, class, n, flagged, fpr, low, high",
                 "tables/scores.csv: detector, model, trigger, sample, kind, class, filed, score",
                 "metrics auroc.DETECTOR"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const DetectParams& params) override
    {
        const models::SingleThread guard;
        DetectRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const DetectParams& params) override
    {
        const models::SingleThread guard;
        emitDetectView(ctx, detectResultsFrom(ctx.loadArtifact("outcomes")), params);
    }
};

} // namespace

std::unique_ptr<engine::Study> makeDetectStudy()
{
    return std::make_unique<DetectStudy>();
}

} // namespace assay::backdoor
