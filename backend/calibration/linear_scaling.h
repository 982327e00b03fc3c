#pragma once

#include "backend/calibration/calibrator.h"

namespace assay::calibration {

/// Linear maps before the softmax, fitted by the mean negative log likelihood; all start at the identity, so
/// that with its regularisation the result is never worse on the set than no calibration. The regularisation
/// is ODIR (Kull et al. 2019): lambda / (C (C-1)) sum over i != j of W_ij^2 + mu / C sum of
/// b_j^2. FitOptions::folds chooses lambda = mu by cross-validation: among 0.001, 0.01, 0.1, 1, 10, 100 and
/// 1000 that with the least mean negative log likelihood over held-out folds (samples shuffled by a fixed
/// seed; the authors choose lambda and mu apart, which takes the square of the time). With folds == 0, lambda
/// = FitOptions::offDiagonal and mu = FitOptions::intercept. Convex; the search ends at a gradient of 1e-8 or
/// after 2000 steps. None preserves accuracy.

/// softmax(w * z + b), one weight and intercept per class (Guo et al. 2017, section 4.2); only b is
/// regularised.
CalibratorKind vectorScalingKind();

/// softmax(W z + b) (Guo et al. 2017), with ODIR as Kull et al. 2019 compare it.
CalibratorKind matrixScalingKind();

/// softmax(W ln p + b) with p = softmax(z) (Kull et al. 2019, the linear form of Dirichlet calibration), with
/// ODIR.
CalibratorKind dirichletKind();

} // namespace assay::calibration
