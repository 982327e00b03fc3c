#pragma once

#include "widgets/report/comparison/axis_merge.h"

namespace assay::widgets {

/// Second minus first of two figures of one Cells layer each, whose axes have been merged; null when that
/// cannot be, with @p why in words for the end of a sentence. See overlayFigures().
std::shared_ptr<protocol::Figure> cellDifference(const QVector<OverlaidFigure>& figures, const AxisMerge& x,
                                                 const AxisMerge& y, QString& why);

} // namespace assay::widgets
