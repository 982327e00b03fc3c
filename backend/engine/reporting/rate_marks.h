#pragma once

#include "backend/metrics/rates.h"
#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"

#include <string>
#include <vector>

namespace assay::reporting {

// What the figures of several studies are put together from.

/// How error bars of rates are named.
inline constexpr const char* kWilson = "Wilson 95 %";

/// "1.5": a number as figures' texts show it, at most four digits.
std::string shortText(double value);
/// "83.1 %" of a fraction.
std::string percentText(double fraction);

/// Appends a mark at @p x with a rate in percent, its count and denominator and, if asked for, its interval.
void addRateMark(protocol::Layer& layer, double x, const metrics::Rate& rate, bool interval);

/// A linear axis from 0 to 100 %.
protocol::Axis percentScale(std::string label);

/// A rate with all that belongs to it. @param of what the denominator counts, in words.
protocol::Metric rateNumber(std::string name, const metrics::Rate& rate, std::string of);

} // namespace assay::reporting
