#include "plugins/transfer/class_aware_study.h"

#include "plugins/transfer/class_aware_figures.h"
#include "plugins/transfer/class_aware_gallery.h"
#include "plugins/transfer/class_aware_run.h"
#include "plugins/transfer/recently_used.h"

#include <torch/types.h>

namespace assay::transfer {

namespace {

class ClassAwareStudy final : public engine::StudyOf<ClassAwareParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "transfer.class-aware",
            .title = "Class-aware transferability",
            .question =
                "When an adversarial image fools a second model too, do both models make the same mistake?",
            .summary =
                "Makes adversarial images on source models and shows them to target models. Each image that "
                "fools its source leaves a target unfooled, fools it into the same wrong class, or into a "
                "different one. The study relates these outcomes to the size of the perturbation and to how "
                "near the decision boundaries of both models lie.",
            .reference =
                "F. Waseda, S. Nishikawa, T.-N. Le, H. H. Nguyen, I. Echizen: Closer Look at the "
                "Transferability of Adversarial Examples: How They Fool Different Models Differently. "
                "WACV 2023. arXiv:2112.14337",
            .keywords = {"adversarial", "transfer", "same mistake", "different mistake", "FGSM", "PGD",
                         "MI-FGSM", "boundary distance", "similarity", "confusion"},
            .outputs =
                {"tables/pairs.csv: source, target, attack, norm, eps, pool, fooled, same, different, "
                 "unfooled "
                 "(fractions of fooled), same_low, same_high, different_low, different_high, unfooled_low, "
                 "unfooled_high",
                 "metrics accuracy.MODEL: clean accuracy on the test images drawn",
                 "metrics source_success.SOURCE: fraction of the pool fooled at the largest eps",
                 "metrics transfer.SOURCE.TARGET, same_share.SOURCE.TARGET, distance.SOURCE.TARGET, "
                 "spearman.SOURCE"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const ClassAwareParams& params) override
    {
        ClassAwareRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const ClassAwareParams& params) override
    {
        const std::string folder = ctx.folder().string();
        const auto results = m_results.get(folder, [&] { return fromTensors(ctx.loadArtifact("outcomes")); });
        const View view = viewOf(*results, params);
        for (protocol::Figure& figure : viewFigures(*results, view)) {
            ctx.checkpoint();
            ctx.figure(std::move(figure));
        }
        const std::string name =
            "adversarial-" + std::to_string(view.source) + "-" + std::to_string(view.eps);
        const auto images = m_images.get(folder + '\n' + name, [&] { return ctx.loadArtifact(name); });
        ctx.images(exampleGrid(*results, view, images->at("adversarial").cpu()));
    }

private:
    RecentlyUsed<ClassAwareResults> m_results{4};
    RecentlyUsed<engine::TensorMap> m_images{16};
};

} // namespace

std::unique_ptr<engine::Study> makeClassAwareStudy()
{
    return std::make_unique<ClassAwareStudy>();
}

} // namespace assay::transfer
