#pragma once

#include "backend/calibration/calibrator.h"

#include <span>

namespace assay::calibration {

/// Loss of softmax(z / S) where every sample n is divided by its own S_n, and its derivative by each S_n:
/// with u = z / S, p = softmax(u) and m = sum p u, Nll: -ln p_label,               d/dS = (u_label - m) / S;
/// Mse: sum (p - y)^2 over C,      d/dS = -2 sum (p - y) p (u - m) / S over C; both averaged over samples.
/// What temperature scaling (one S for all) and density-aware calibration share.
/// @param temperatures N values above 0. @param derivatives N, written; may be empty for the loss alone.
double temperatureLoss(const FitSet& set, std::span<const double> temperatures, Loss loss,
                       std::span<double> derivatives);

} // namespace assay::calibration
