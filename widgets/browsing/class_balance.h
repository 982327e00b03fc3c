#pragma once

#include "backend/protocol/figure.h"

#include <QStringList>

namespace assay::widgets {

/// How many samples each class has, as bars in the order of the classes. Bar marks own the number of their
/// class as their "sample", so that a click on a bar chooses the class. Where there are more than
/// kMostBars classes, the largest are shown, largest first, and the title says so. Pure.
/// @param counts one a class
protocol::Figure classBalance(const QStringList& classes, const std::vector<qint64>& counts);

inline constexpr std::size_t kMostBars = 40;

} // namespace assay::widgets
