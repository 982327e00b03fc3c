#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/attacks/masking_checks.h"

#include <vector>

namespace assay::robustness {

// Figures and tables of `attacks.robustness`; pure functions of the results. Accuracies are of the images
// evaluated so far, all of them: those that are misclassified without an attack count as not robust.

/// Accuracy over eps, a line per model and attack, from the clean accuracy at 0.
protocol::Figure accuracyByEpsFigure(const RobustnessResults& results);
/// Accuracy over the number of steps, a line per model.
protocol::Figure accuracyByStepsFigure(const RobustnessResults& results);
/// Accuracy of every class at every radius, of the viewed model and attack.
protocol::Figure perClassFigure(const RobustnessResults& results, const RobustnessView& view);

/// `curve`: model, attack, norm, eps, n, clean_accuracy, robust_accuracy, low, high, seconds.
protocol::Table curveTable(const RobustnessResults& results);
/// `steps`: model, attack, norm, eps, steps, n, robust_accuracy, low, high.
protocol::Table stepsTable(const RobustnessResults& results);
/// `classes`: model, attack, eps, class, n, robust_accuracy, low, high.
protocol::Table classesTable(const RobustnessResults& results);
/// `checks`: model, check, first, second, n, first_only, second_only, verdict, finding.
protocol::Table checksTable(const std::vector<MaskingCheck>& checks);

/// accuracy.MODEL, robust.MODEL.ATTACK at the largest radius, and masking_warnings.
std::vector<protocol::Metric> robustnessMetrics(const RobustnessResults& results,
                                                const std::vector<MaskingCheck>& checks);

/// What is kept of an attack for the gallery: some images and what became of them.
struct KeptExamples
{
    torch::Tensor rows;        ///< int64 [k]: positions in the draw, ascending
    torch::Tensor adversarial; ///< float16 [k,C,H,W]
    torch::Tensor predicted;   ///< int64 [k]: the model's class for the attacked image
};
/// Grid `examples`: clean, difference and adversarial image. @param clean float32 [N,C,H,W] on the CPU.
protocol::ImageGrid examplesGrid(const RobustnessResults& results, const RobustnessView& view,
                                 const KeptExamples& kept, const torch::Tensor& clean);

} // namespace assay::robustness
