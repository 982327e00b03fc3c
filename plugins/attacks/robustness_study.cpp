#include "plugins/attacks/robustness_study.h"

#include "plugins/attacks/robustness_run.h"

#include <torch/types.h>

namespace assay::robustness {

namespace {

class RobustnessStudy final : public engine::StudyOf<RobustnessParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "attacks.robustness",
            .title = "Robust accuracy",
            .question = "How much accuracy is left when every image may be changed by at most ε?",
            .summary = "Attacks models at several radii and numbers of steps and shows the accuracy that is "
                       "left, overall "
                       "and for each class. A rough curve of few images is there at once and sharpens as the "
                       "run goes on. "
                       "Checks tell whether a model only hides its gradients, and a strip shows what is left "
                       "of the attack "
                       "after compression, resizing and printing.",
            .reference =
                "F. Croce, M. Hein: Reliable Evaluation of Adversarial Robustness with an Ensemble of "
                "Diverse "
                "Parameter-free Attacks. ICML 2020. A. Athalye, N. Carlini, D. Wagner: Obfuscated Gradients "
                "Give a False Sense of Security. ICML 2018",
            .keywords = {"adversarial", "robustness", "robust accuracy", "PGD", "AutoAttack",
                         "gradient masking", "obfuscated gradients", "JPEG"},
            .outputs =
                {"tables/curve.csv: model, attack, norm, eps, n, clean_accuracy, robust_accuracy, low, high, "
                 "seconds",
                 "tables/steps.csv: model, attack, norm, eps, steps, n, robust_accuracy, low, high",
                 "tables/classes.csv: model, attack, eps, class, n, robust_accuracy, low, high",
                 "tables/checks.csv: model, check, first, second, n, first_only, second_only, verdict, "
                 "finding",
                 "tables/survival.csv: model, ordeal, n, success, low, high",
                 "metrics accuracy.MODEL, robust.MODEL.ATTACK (at the largest eps), masking_warnings"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const RobustnessParams& params) override
    {
        RobustnessRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const RobustnessParams& params) override
    {
        const engine::TensorMap outcomes = ctx.loadArtifact("outcomes");
        const RobustnessResults results = resultsFrom(outcomes);
        const RobustnessView view = viewOf(results, params);
        ctx.figure(perClassFigure(results, view));
        ctx.checkpoint();
        const engine::TensorMap kept = ctx.loadArtifact(examplesArtifact(view));
        const KeptExamples examples{kept.at("rows").cpu(), kept.at("adversarial").cpu(),
                                    kept.at("predicted").cpu()};
        if (examples.rows.size(0) > 0)
            ctx.images(examplesGrid(results, view, examples, outcomes.at("clean").cpu().to(torch::kFloat32)));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeRobustnessStudy()
{
    return std::make_unique<RobustnessStudy>();
}

} // namespace assay::robustness
