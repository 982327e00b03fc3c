#include "plugins/backdoor/unlearn_study.h"

#include "plugins/backdoor/unlearn_live.h"
#include "plugins/backdoor/unlearn_run.h"

#include <torch/types.h>

namespace assay::backdoor {

namespace {

class UnlearnStudy final : public engine::StudyOf<UnlearnParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "backdoor.unlearn",
            .title = "Unlearning a backdoor",
            .question =
                "Can a backdoor be taken out of a model with a handful of images, and what does that cost?",
            .summary =
                "Edits the weights of a few layers in closed form, along what the activations of a handful "
                "of "
                "unseen images point at, and repairs the attacked class, which is unlearned with the "
                "backdoor. "
                "Every step is recorded and can be scrubbed like a film. Fine-tuning, gradient ascent, "
                "fine-pruning, NAD, ANP and I-BAU run beside it on the same images. The formula of the edit "
                "is a "
                "reconstruction: the paper's text was not available, its claims were checked.",
            .reference =
                "F. Hsieh, H. H. Nguyen, A. MaungMaung, D. Usynin, I. Echizen: Mitigating Backdoor Attacks "
                "using Activation-Guided Model Editing. 2024 (2407.07662)",
            .keywords = {"backdoor", "trojan", "unlearning", "model editing", "fine-pruning", "NAD", "ANP",
                         "I-BAU", "neurons", "repair"},
            .outputs =
                {"tables/steps.csv: stage, step, method, clean_accuracy, target_class_accuracy, asr, "
                 "seconds, "
                 "images_used",
                 "tables/methods.csv: method, ca, ca_others, target_recall, asr, ra (each with _sd), "
                 "seconds, images, "
                 "repeats",
                 "tables/repeats.csv, tables/curves.csv, tables/layers.csv, tables/units.csv",
                 "artifacts/edited.safetensors, artifacts/repaired.safetensors: models, listed in the "
                 "workspace",
                 "metrics asr, ca, target of backdoored, edited, repaired; seconds.edited, seconds.repaired"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const UnlearnParams& params) override
    {
        UnlearnRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const UnlearnParams& params) override
    {
        m_live.with(ctx, params, [&](LiveEdit& live) {
            ctx.checkpoint();
            emitUnlearnView(ctx, live.results(), params.viewMethod, params.step, params.viewLayer);
            ctx.checkpoint();
            const BackdoorRates rates = live.at(params.alpha);
            ctx.figure(alphaFigure(live.results(), params.alpha, &rates));
        });
    }

private:
    LiveEdits m_live;
};

} // namespace

std::unique_ptr<engine::Study> makeUnlearnStudy()
{
    return std::make_unique<UnlearnStudy>();
}

} // namespace assay::backdoor
