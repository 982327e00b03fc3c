#pragma once

#include "backend/protocol/figure.h"

#include <QString>

namespace assay::widgets {

/// Everything a figure says about one mark: layer, place, exact value, interval, "312 of 1 635", label and
/// how many samples stand behind it. Lines are joined with "\n"; the first is the heading. Out-of-range marks
/// give an empty text.
QString markText(const protocol::Figure& figure, int layerIndex, int mark);

/// One line saying which samples a mark stands for: the reason given to Selection.
QString markReason(const protocol::Figure& figure, int layerIndex, int mark);

} // namespace assay::widgets
