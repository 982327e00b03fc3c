#pragma once

#include "backend/calibration/calibrator.h"

namespace assay::calibration {

/// Where temperatures are searched. Wider than the [0.05, 5] of usual scripts: a badly trained network may
/// need more, and a set that is classified without error pulls the temperature to the lower end.
constexpr double kLowestTemperature = 0.01;
constexpr double kHighestTemperature = 100;

/// The temperature T in [kLowestTemperature, kHighestTemperature] with the least loss of softmax(z / T): the
/// best of a logarithmic grid, then minimised by derivatives within the neighbouring grid points (the mean
/// square has no promise of a single minimum).
double fitTemperature(const FitSet& set, Loss loss);

/// softmax(z / T) (Guo et al. 2017, section 4.2).
CalibratorKind temperatureKind();

/// No calibration: softmax(z).
CalibratorKind uncalibratedKind();

} // namespace assay::calibration
