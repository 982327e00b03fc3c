#include "plugins/transfer/class_aware_study.h"

#include "backend/engine/reporting/study_inputs.h"
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
        const torch::Tensor adversarial = images->at("adversarial").cpu();
        ctx.images(exampleGrid(*results, view, adversarial));
        ctx.checkpoint();
        previewMaps(ctx, params, *results, view, adversarial);
    }

private:
    /// The plane is computed anew only for another image or pair, not for another radius.
    void previewMaps(engine::RunContext& ctx, const ClassAwareParams& params,
                     const ClassAwareResults& results, const View& view, const torch::Tensor& adversarial)
    {
        MappedImage image{.position = mappedImage(results, view, params)};
        const torch::Tensor x = poolImage(results, image.position, ctx.device());
        const std::string key = ctx.folder().string() + '\n' + results.sources[view.source] + '\n' +
                                results.targets[view.target] + '\n' + std::to_string(image.position);
        image.map = *m_maps.get(key, [&] {
            const auto source = ctx.model(refOf(params.sources, results.sources[view.source]));
            const auto target = ctx.model(refOf(params.targets, results.targets[view.target]));
            const torch::Tensor y = results.y.narrow(0, image.position, 1).to(ctx.device());
            return decisionMap(*source, *target, x, y, image.spec);
        });
        image.adversarial =
            project(image.map, x, adversarial.narrow(0, image.position, 1).to(x.device()).to(x.dtype()));
        for (const bool ofSource : {true, false})
            ctx.figure(decisionMapFigure(results, view, image, ofSource));
    }

    static protocol::ModelRef refOf(const std::vector<protocol::ModelRef>& refs, const std::string& shown)
    {
        for (const protocol::ModelRef& ref : refs)
            if (reporting::shownName(ref.name) == shown)
                return ref;
        return {shown};
    }

    RecentlyUsed<ClassAwareResults> m_results{4};
    RecentlyUsed<engine::TensorMap> m_images{16};
    RecentlyUsed<DecisionMap> m_maps{16};
};

} // namespace

std::unique_ptr<engine::Study> makeClassAwareStudy()
{
    return std::make_unique<ClassAwareStudy>();
}

} // namespace assay::transfer
