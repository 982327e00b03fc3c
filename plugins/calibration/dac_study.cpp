#include "plugins/calibration/dac_study.h"

#include "plugins/calibration/dac_run.h"

#include <torch/types.h>

namespace assay::confidence {

namespace {

class DacStudy final : public engine::StudyOf<DacParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "calibration.dac",
            .title = "Density-aware calibration",
            .question = "Does the distance to the training set tell how far to trust a classifier?",
            .summary =
                "Measures at several layers how dense the training set is around each image and makes a "
                "temperature of it. Compared with temperature scaling and ensemble temperature scaling, "
                "alone and combined, on clean and corrupted images and other domains, over several splits "
                "and "
                "trainings; with the weight of each layer, the accuracy by density, and how well density "
                "tells images of something else.",
            .reference = "C. Tomani, F. Waseda, Y. Shen, D. Cremers: Beyond In-Domain Scenarios: Robust "
                         "Density-Aware Calibration. ICML 2023",
            .keywords = {"calibration", "DAC", "density", "nearest neighbours", "temperature", "shift",
                         "corruption", "out of distribution"},
            .outputs =
                {"tables/dac.csv: model, calibrator, shift, severity, seed, n, accuracy, ece, nll, brier, "
                 "auroc",
                 "tables/overview.csv, tables/changes.csv: as in calibration.compare",
                 "tables/layers.csv: model, layer, seed, weight, effect",
                 "tables/fits.csv: model, seed, bias, loss, clipped",
                 "tables/temperatures.csv: model, group, n, least, q1, median, q3, greatest",
                 "tables/correctness.csv: model, temperature, n, correct, confidence_none, "
                 "confidence_temperature, confidence_dac",
                 "tables/ood.csv: model, set, score, auroc, fpr95",
                 "metrics ece_clean.MODEL.METHOD, ece_shifted.MODEL.METHOD; of models trained here "
                 "MODEL is the architecture"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const DacParams& params) override { DacRun(ctx, params).execute(); }

    void previewWith(engine::RunContext& ctx, const DacParams& params) override
    {
        const MethodResults results = methodResultsFrom(ctx.loadArtifact("outcomes"));
        emitDacView(
            ctx, results, dacResultsFrom(ctx.loadArtifact("density")),
            inspectionFrom(ctx.loadArtifact(inspectionName(viewOf(results, params.comparison).model))),
            params);
    }
};

} // namespace

std::unique_ptr<engine::Study> makeDacStudy()
{
    return std::make_unique<DacStudy>();
}

} // namespace assay::confidence
