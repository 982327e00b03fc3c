#include "plugins/backdoor/robust_study.h"

#include "plugins/backdoor/robust_run.h"
#include "plugins/backdoor/robust_view.h"

namespace assay::backdoor {

namespace {

class RobustStudy final : public engine::StudyOf<RobustParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "backdoor.robust-training",
            .title = "Robust training on poisoned data",
            .question = "Can a network be trained on poisoned images without learning their backdoor?",
            .summary =
                "A teacher learns on a poisoned training set and has its backdoor. Every image is then "
                "replaced by a variation of the same content, and a student learns on the variations from "
                "the teacher's softened answers and the labels. The method makes variations with a diffusion "
                "model; here a denoising autoencoder of the run, strong augmentation, blur, a script of "
                "yours or a folder of pictures stands in for it, and the tables say which. Shown are "
                "accuracy and attack success of teacher, students and baselines, how much of the trigger "
                "survives, and which images the teacher's contradictions give away.",
            .reference = "L. Struppek, M. B. Hentschel, C. Poth, D. Hintersdorf, K. Kersting: Leveraging "
                         "Diffusion-Based Image Variations for Robust Training on Poisoned Data. NeurIPS "
                         "2023 workshop on Backdoors in Deep Learning (2310.06372). Numbers of the "
                         "training are a reconstruction from the paper and its code",
            .keywords = {"backdoor", "poisoning", "robust training", "distillation", "knowledge distillation",
                         "variations", "diffusion", "autoencoder", "data cleaning"},
            .outputs =
                {"tables/students.csv: student, variation, strength, alpha, seed, accuracy, accuracy_low, "
                 "accuracy_high, asr, asr_low, asr_high, recovered, n, asr_n, seconds",
                 "tables/means.csv: student, strength, alpha, seeds, accuracy, accuracy_deviation, asr, "
                 "asr_deviation",
                 "tables/survival.csv: variation, strength, seed, survival, survival_low, survival_high, "
                 "fidelity, fidelity_low, fidelity_high, caught, psnr, ssim, auroc, poisoned, clean",
                 "tables/suspects.csv: rank, sample, given, said, truth, score, poisoned",
                 "tables/stages.csv: stage, seconds", "models teacher and student",
                 "metrics accuracy.NETWORK, asr.NETWORK (student, teacher, originals, labels, blur), "
                 "survival, fidelity, auroc.conflict"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const RobustParams& params) override
    {
        RobustRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const RobustParams& params) override
    {
        m_previews.emit(ctx, params);
    }

private:
    RobustPreviews m_previews;
};

} // namespace

std::unique_ptr<engine::Study> makeRobustStudy()
{
    return std::make_unique<RobustStudy>();
}

} // namespace assay::backdoor
