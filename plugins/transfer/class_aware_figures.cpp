#include "plugins/transfer/class_aware_figures.h"

#include <torch/types.h>

namespace assay::transfer {

std::vector<protocol::Figure> viewFigures(const ClassAwareResults& r, const View& view)
{
    std::vector<protocol::Figure> figures = {outcomesFigure(r, view),        outcomesByEpsFigure(r, view),
                                             transferByEpsFigure(r, view),   sameShareFigure(r, view),
                                             similarityFigure(r, view),      wrongClassesFigure(r, view),
                                             sourceConfusionFigure(r, view), targetConfusionFigure(r, view)};
    if (r.perSource[view.source].eps[view.eps].paths[view.target].defined()) {
        figures.push_back(sourcePathFigure(r, view));
        figures.push_back(targetPathFigure(r, view));
    }
    return figures;
}

} // namespace assay::transfer
