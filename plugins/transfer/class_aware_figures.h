#pragma once

#include "backend/protocol/figure.h"
#include "plugins/transfer/class_aware_view.h"
#include "plugins/transfer/decision_map.h"

#include <vector>

namespace assay::transfer {

/// Figures of `transfer.class-aware` for one view; pure functions of the results. Rates are shown in percent,
/// every mark carries its count, denominator and the ids of its images. Radii not yet computed are left out.

/// Stacked bars same / different / unfooled per target, most similar target first.
protocol::Figure outcomesFigure(const ClassAwareResults& results, const View& view);
/// The same bars for the viewed pair over eps.
protocol::Figure outcomesByEpsFigure(const ClassAwareResults& results, const View& view);
/// Transfer rate of every target over eps.
protocol::Figure transferByEpsFigure(const ClassAwareResults& results, const View& view);
/// Share of same mistakes among the transferred images, per target over eps.
protocol::Figure sameShareFigure(const ClassAwareResults& results, const View& view);
/// Transfer rate over boundary distance, a point per target.
protocol::Figure similarityFigure(const ClassAwareResults& results, const View& view);

/// The class confusions (cells) of the viewed pair and radius.
protocol::Figure wrongClassesFigure(const ClassAwareResults& results, const View& view);
protocol::Figure sourceConfusionFigure(const ClassAwareResults& results, const View& view);
protocol::Figure targetConfusionFigure(const ClassAwareResults& results, const View& view);

/// Mean probability of the true class and both predicted classes along the attack, under either model.
protocol::Figure sourcePathFigure(const ClassAwareResults& results, const View& view);
protocol::Figure targetPathFigure(const ClassAwareResults& results, const View& view);

/// What the decision maps of one image of the pool show.
struct MappedImage
{
    std::int64_t position = 0; ///< in the pool
    DecisionMap map;
    DecisionMapSpec spec;
    PlanePoint adversarial; ///< the adversarial image of the viewed radius
};

/// The image of the pool at @p position, float32 [1,C,H,W] in [0,1] on @p device.
torch::Tensor poolImage(const ClassAwareResults& results, std::int64_t position, torch::Device device);

/// Classes of the source, or of the target, on the plane through an image that both loss gradients span.
protocol::Figure decisionMapFigure(const ClassAwareResults& results, const View& view,
                                   const MappedImage& image, bool ofSource);

/// All of the above but the decision maps that the results can fill.
std::vector<protocol::Figure> viewFigures(const ClassAwareResults& results, const View& view);

} // namespace assay::transfer
