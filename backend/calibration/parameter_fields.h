#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <vector>

namespace assay::calibration {

/// A number above 0 that must be there. @throws Error naming the field.
double requiredPositive(const Json& parameters, const char* key);

/// Finite numbers, as many as @p count says or, for -1, at least one. @throws Error naming the field.
std::vector<double> requiredReals(const Json& parameters, const char* key, std::int64_t count);

/// A list of @p count entries. @throws Error naming the field.
const Json& requiredList(const Json& parameters, const char* key, std::int64_t count);

/// @throws Error naming the field unless all @p values are in [low, high] and, for @p rising, none is below
/// the
///         one before it.
void checkReals(const std::vector<double>& values, const char* key, double low, double high,
                bool rising = false);

} // namespace assay::calibration
