#pragma once

#include "backend/calibration/calibrator.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::calibration {

/// All kinds, "none" first; ids are stable: none, temperature, ensemble-temperature, vector, matrix,
/// dirichlet, platt, beta, histogram, isotonic, isotonic-multi, spline.
const std::vector<CalibratorKind>& calibratorKinds();

/// @throws Error for an unknown id, naming the nearest ones.
const CalibratorKind& calibratorKind(const std::string& id);

/// A calibrator as a JSON object: {"calibrator": id, "classes": C, "parameters": {...}}. Numbers keep their
/// last bit through text and back.
Json calibratorJson(const Calibrator& calibrator);

/// The calibrator that calibratorJson() described.
/// @param where the file, for messages. @throws Error naming the field.
std::unique_ptr<Calibrator> calibratorFromJson(const Json& json, const std::string& where);

} // namespace assay::calibration
