#pragma once

#include "backend/protocol/json.h"

#include <QString>

namespace assay::widgets {

/// The shortest text that reads back as @p value, with a point as in specs; scientific below 0.0001 and
/// from ten million, where zeros would have to be counted.
QString shortestNumber(double value);

/// The same to look at: of more than twelve characters, like 20 / 255, six digits.
QString shownNumber(double value);

/// A value as a person would write it: numbers by shortestNumber(), lists with commas, null as "automatic",
/// an object without a word as "the defaults".
QString valueText(const Json& value);

} // namespace assay::widgets
