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
                "alone and combined, on clean and corrupted images over several splits; with the weight of "
                "each layer, and the temperatures of right, wrong, shifted and senseless images.",
            .reference = "C. Tomani, F. Waseda, Y. Shen, D. Cremers: Beyond In-Domain Scenarios: Robust "
                         "Density-Aware Calibration. ICML 2023",
            .keywords = {"calibration", "DAC", "density", "nearest neighbours", "temperature", "shift",
                         "corruption", "out of distribution"},
            .outputs =
                {"tables/dac.csv: model, calibrator, shift, severity, seed, n, accuracy, ece, nll, brier, "
                 "auroc",
                 "tables/overview.csv, tables/changes.csv: as in calibration.compare",
                 "tables/layers.csv: model, layer, seed, weight, effect",
                 "tables/temperatures.csv: model, group, n, least, q1, median, q3, greatest",
                 "tables/ood.csv: model, score, auroc",
                 "metrics ece_clean.MODEL.METHOD, ece_shifted.MODEL.METHOD"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const DacParams& params) override { DacRun(ctx, params).execute(); }

    void previewWith(engine::RunContext& ctx, const DacParams& params) override
    {
        const MethodResults results = methodResultsFrom(ctx.loadArtifact("outcomes"));
        emitComparisonView(ctx, results, params.comparison);
        ctx.checkpoint();
        const DacResults density = dacResultsFrom(ctx.loadArtifact("density"));
        const std::string& shown = results.models[viewOf(results, params.comparison).model];
        ctx.figure(layersFigure(density, shown));
        ctx.figure(temperaturesFigure(density, shown));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeDacStudy()
{
    return std::make_unique<DacStudy>();
}

} // namespace assay::confidence
