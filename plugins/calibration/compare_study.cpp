#include "plugins/calibration/compare_study.h"

#include "plugins/calibration/compare_run.h"

#include <torch/types.h>

namespace assay::confidence {

namespace {

class CompareStudy final : public engine::StudyOf<CompareParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "calibration.compare",
            .title = "Calibrators compared",
            .question =
                "Which calibrator makes confidence believable, and does it hold when the images change?",
            .summary =
                "Fits calibrators on clean samples and judges them on others, clean and corrupted at "
                "several severities, over several splits: accuracy, calibration error, likelihood, Brier "
                "score and how well the confidence tells right from wrong. Differences to no calibration "
                "come with paired intervals.",
            .reference = "Y. Ovadia et al.: Can You Trust Your Model's Uncertainty? Evaluating Predictive "
                         "Uncertainty Under Dataset Shift. NeurIPS 2019",
            .keywords = {"calibration", "temperature scaling", "isotonic", "vector scaling", "Dirichlet",
                         "ECE", "shift", "corruption", "CIFAR-C", "logits"},
            .outputs =
                {"tables/compare.csv: model, calibrator, shift, severity, seed, n, accuracy, ece, nll, "
                 "brier, auroc",
                 "tables/changes.csv: model, calibrator, baseline, shift, severity, seed, metric, change, "
                 "low, high",
                 "tables/overview.csv: model, calibrator, baseline, ece_clean, ece_shifted, ...",
                 "metrics ece_clean.MODEL.CALIBRATOR, ece_shifted.MODEL.CALIBRATOR"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const CompareParams& params) override
    {
        CompareRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const CompareParams& params) override
    {
        emitComparisonView(ctx, methodResultsFrom(ctx.loadArtifact("outcomes")), params.comparison);
    }
};

} // namespace

std::unique_ptr<engine::Study> makeCompareStudy()
{
    return std::make_unique<CompareStudy>();
}

} // namespace assay::confidence
