#include "plugins/transfer/patch_study.h"

#include "plugins/transfer/patch_run.h"
#include "plugins/transfer/recently_used.h"

#include <torch/types.h>

namespace assay::transfer {

namespace {

class PatchStudy final : public engine::StudyOf<PatchParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "transfer.patchwise-mask",
            .title = "Learned patch-wise masks",
            .question =
                "Does an attack transfer better when patches that matter to its source alone are left out?",
            .summary = "Searches, for each image, masks of patches that are blackened while the gradient is "
                       "computed. A mask "
                       "is good when the attack made with it fools simulated models that stand in for the "
                       "unknown target. "
                       "The attack then averages its gradient over the best masks and is compared, on "
                       "held-out targets, "
                       "with the same attack without masks and with random ones.",
            .reference =
                "X. Wei, S. Zhao: Boosting Adversarial Transferability with Learnable Patch-wise Masks. IEEE "
                "Transactions on Multimedia 26, 2024. arXiv:2306.15931",
            .keywords = {"adversarial", "transfer", "mask", "patch", "LPM", "differential evolution",
                         "MI-FGSM"},
            .outputs =
                {"tables/success.csv: method, masks_per_step, model, role, n, success, low, high",
                 "tables/fitness.csv: generation, images, best, mean, worst",
                 "tables/success-by-eps.csv: eps, method, model, role, n, success, low, high",
                 "tables/success-by-rate.csv: drop_rate, dropped, method, role, n, success, low, high",
                 "tables/gains.csv: over, role, gain, low, high",
                 "tables/survival.csv: model, ordeal, n, success, low, high",
                 "metrics fitness.initial, fitness.final, fitness.improved, effective_patches",
                 "metrics success.METHOD.ROLE: METHOD unmasked, random, learned; ROLE source, simulated, "
                 "target",
                 "artifacts/masks.safetensors: masks and random uint8 [images, population, patches], ids, "
                 "adversarial"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const PatchParams& params) override
    {
        PatchRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const PatchParams& params) override
    {
        const auto stored = m_stored.get(ctx.folder().string(), [&] {
            Stored read;
            patchFrom(ctx.loadArtifact("outcomes"), read.results, read.film);
            return read;
        });
        const PatchView view = patchViewOf(stored->results, stored->film, params);
        ctx.figure(patchSuccessFigure(stored->results, stored->results.byEps[view.eps], view.eps));
        ctx.checkpoint();
        ctx.images(maskGrid(stored->results, stored->film, view));
        ctx.images(evolutionGrid(stored->results, stored->film, view));
    }

private:
    struct Stored
    {
        PatchResults results;
        MaskFilm film;
    };
    RecentlyUsed<Stored> m_stored{4};
};

} // namespace

std::unique_ptr<engine::Study> makePatchStudy()
{
    return std::make_unique<PatchStudy>();
}

} // namespace assay::transfer
