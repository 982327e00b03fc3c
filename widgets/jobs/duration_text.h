#pragma once

#include <QString>

namespace assay::widgets {

/// "4 s", "3 min 20 s", "2 h 5 min": two units at most, for reading at a glance. Empty for negative or NaN.
QString durationText(double seconds);

/// "310 images/s", "0.4 steps/s"; slower than one in ten seconds as "15 s per step".
/// @param unit singular, e.g. "step"; empty when what is counted is not known: "310/s", "15 s each".
QString rateText(double perSecond, const QString& unit);

} // namespace assay::widgets
