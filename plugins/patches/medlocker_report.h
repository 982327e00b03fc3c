#pragma once

#include "backend/protocol/event.h"
#include "plugins/patches/medlocker_params.h"
#include "plugins/patches/medlocker_results.h"

#include <vector>

namespace assay::medlocker {

/// model, role, condition, n, accuracy, asr, low, high, correct.
protocol::Table accuracyTable(const MedlockerResults& results);
/// sample, fooled, alpha, u, v, side, threshold, free, queries, probability, restored_psnr.
protocol::Table placementTable(const MedlockerResults& results);
/// what, value, side, n, infeasible, free, model, role, optimised, random.
protocol::Table sweepTable(const MedlockerResults& results);
/// optimiser, n, asr, low, high, queries, value.
protocol::Table optimiserTable(const MedlockerResults& results);
std::vector<protocol::Metric> medlockerMetrics(const MedlockerResults& results);

protocol::Figure accuracyFigure(const MedlockerResults& results);
protocol::Figure successFigure(const MedlockerResults& results);
protocol::Figure sizeFigure(const MedlockerResults& results);
protocol::Figure thresholdFigure(const MedlockerResults& results);
/// How many images needed how many queries.
protocol::Figure queriesFigure(const MedlockerResults& results);
/// Share of images fooled within a number of queries, by optimiser.
protocol::Figure optimiserFigure(const MedlockerResults& results);
/// p(true class) over the place of the logo, of image @p row.
protocol::Figure landscapeFigure(const ShownImages& shown, std::int64_t row);

/// Clean, watermarked, restored and protected area of the shown images.
protocol::ImageGrid medlockerGrid(const ShownImages& shown, const MedlockerResults& results);

/// What the canvas shows.
struct MedlockerView
{
    std::int64_t row = 0; ///< of ShownImages
    Placement placement;
    double threshold = 0;
};
MedlockerView medlockerViewOf(const ShownImages& shown, const MedlockerParams& params);

/// The image with a logo to be moved: clean picture, watermarked and restored one, protected area, landscape
/// of the allowed places, and what the models say. @param judges may be fewer than the models of the run.
protocol::Scene medlockerScene(const ShownImages& shown, const MedlockerView& view,
                               const std::vector<std::shared_ptr<const models::Model>>& judges);

} // namespace assay::medlocker
