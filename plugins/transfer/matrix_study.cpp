#include "plugins/transfer/matrix_study.h"

#include "plugins/transfer/matrix_run.h"
#include "plugins/transfer/recently_used.h"

#include <torch/types.h>

namespace assay::transfer {

namespace {

class MatrixStudy final : public engine::StudyOf<MatrixParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "transfer.matrix",
            .title = "Transfer matrix",
            .question = "Which attack, made on which model, fools which other model?",
            .summary = "Attacks every source with every attack and shows the images to every target. Heat "
                       "maps give the "
                       "success of each pair, the attacks are ranked by their mean success against models "
                       "they have not "
                       "seen, and the images of a cell can be looked at with what both models say.",
            .reference =
                "Y. Dong et al.: Boosting Adversarial Attacks with Momentum. CVPR 2018. C. Xie et al.: "
                "Improving Transferability of Adversarial Examples with Input Diversity. CVPR 2019. "
                "F. Waseda et al.: Closer Look at the Transferability of Adversarial Examples. WACV 2023",
            .keywords = {"adversarial", "transfer", "black box", "matrix", "heat map", "ranking", "bootstrap",
                         "same mistake", "targeted", "JPEG"},
            .outputs =
                {"tables/matrix.csv: source, target, attack, norm, eps, n, success, same, different, low, "
                 "high",
                 "tables/intervals.csv: source, target, attack, eps, white_box, n, success, low, high, "
                 "bootstrap_low, bootstrap_high",
                 "tables/ranking.csv: eps, place, attack, mean_success, low, high, behind, behind_low, "
                 "behind_high, best_share, seconds",
                 "tables/survival.csv: model, ordeal, n, success, low, high",
                 "metrics white_box.SOURCE.ATTACK and black_box.ATTACK at the largest eps"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const MatrixParams& params) override
    {
        MatrixRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const MatrixParams& params) override
    {
        const std::string folder = ctx.folder().string();
        const auto results = m_results.get(folder, [&] { return matrixFrom(ctx.loadArtifact("outcomes")); });
        const MatrixView view = matrixViewOf(*results, params);
        const metrics::BootstrapSpec spec{.resamples = params.resamples, .seed = ctx.seed()};
        for (std::size_t a = 0; a < results->attacks.size(); ++a) {
            ctx.checkpoint();
            ctx.figure(matrixFigure(*results, view, a));
        }
        ctx.figure(matrixOutcomesFigure(*results, view));
        const std::string name = matrixImagesArtifact(view);
        const auto images = m_images.get(folder + '\n' + name, [&] { return ctx.loadArtifact(name); });
        ctx.images(cellGrid(*results, view, images->at("adversarial").cpu()));
        ctx.checkpoint();
        const auto ranked = m_rankings.get(
            folder + '\n' + std::to_string(view.eps) + '\n' + std::to_string(static_cast<int>(view.of)) +
                '\n' + std::to_string(spec.resamples) + '\n' + std::to_string(spec.seed),
            [&] { return ranking(*results, view.eps, view.of, spec); });
        ctx.figure(rankingFigure(*results, view, *ranked, spec));
    }

private:
    RecentlyUsed<MatrixResults> m_results{4};
    RecentlyUsed<engine::TensorMap> m_images{16};
    RecentlyUsed<std::vector<Ranked>> m_rankings{16};
};

} // namespace

std::unique_ptr<engine::Study> makeMatrixStudy()
{
    return std::make_unique<MatrixStudy>();
}

} // namespace assay::transfer
