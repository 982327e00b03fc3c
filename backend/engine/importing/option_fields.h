#pragma once

#include "backend/protocol/schema.h"

#include <string>

namespace assay::engine {

/// Whether a data card's option can be shown in a form: a flag, a number, a text or null. Lists and objects
/// are what a format notes for itself (the pictures it left out).
bool isOption(const Json& value);

/// The form's field of a data card's option: label, help, range and choices of the options that formats
/// share, and what the kind of value tells for others.
/// @param value shown at first, null for one only the user can know. @param sample tells the kind of value.
protocol::Field optionField(const std::string& name, const Json& value, const Json& sample);

} // namespace assay::engine
