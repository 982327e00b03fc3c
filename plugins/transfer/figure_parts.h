#pragma once

#include "backend/metrics/rates.h"
#include "backend/protocol/figure.h"

#include <string>

namespace assay::transfer {

/// How error bars of rates are named.
inline constexpr const char* kInterval = "Wilson 95 %";

/// "1.5": a number as figures' texts show it, at most four digits.
std::string shortNumber(double value);

/// Appends a mark at @p x with a rate in percent, its count and denominator and, if asked for, its interval.
void addRate(protocol::Layer& layer, double x, const metrics::Rate& rate, bool interval);

/// A linear axis from 0 to 100 %.
protocol::Axis percentAxis(std::string label);

} // namespace assay::transfer
