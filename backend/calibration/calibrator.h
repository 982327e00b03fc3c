#pragma once

#include "backend/calibration/fit_set.h"
#include "backend/metrics/calibration_bins.h"
#include "backend/protocol/json.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace assay::calibration {

/// A fitted map from logits to calibrated probabilities. Immutable; safe from any thread.
class Calibrator
{
public:
    virtual ~Calibrator() = default;

    /// Id of its kind: "temperature".
    const std::string& id() const { return m_id; }
    std::int64_t classes() const { return m_classes; }
    /// Whether the class of the largest logit (of equal ones the lowest class) always stays that of the
    /// largest probability. Where so, it is made sure of against rounding, too.
    bool preservesAccuracy() const { return m_preservesAccuracy; }

    /// @param logits finite, float32 or float64 [N,C]; N may be 0.
    /// @returns float64 [N,C] on the CPU; rows are in [0,1] and sum to 1 within 1e-12. Deterministic.
    /// @throws Error for another shape, number of classes, NaN or infinities.
    torch::Tensor apply(const torch::Tensor& logits) const;

    /// What was fitted: numbers that give back the same calibrator, to the last bit.
    virtual Json parameters() const = 0;

protected:
    Calibrator(std::string id, std::int64_t classes, bool preservesAccuracy)
        : m_id(std::move(id))
        , m_classes(classes)
        , m_preservesAccuracy(preservesAccuracy)
    {}

private:
    /// @param logits checked, float64 [N,C], N >= 1.
    virtual torch::Tensor probabilities(const torch::Tensor& logits) const = 0;

    std::string m_id;
    std::int64_t m_classes;
    bool m_preservesAccuracy;
};

/// What the calibrators fitted by temperature minimise: the mean negative log likelihood, or the mean over
/// samples and classes of (p - [is the label])^2.
enum class Loss { Nll, Mse };

/// What a fit may be told; every kind reads its own and ignores the rest.
struct FitOptions
{
    Loss loss = Loss::Nll;     ///< temperature, ensemble-temperature
    int folds = 3;             ///< vector, matrix, dirichlet: of the cross-validation; 2 .. 20, or 0 for none
    double offDiagonal = 0.01; ///< matrix, dirichlet without folds: lambda of ODIR, >= 0
    double intercept = 0.01;   ///< vector, matrix, dirichlet without folds: mu of ODIR, >= 0
    int bins = 15;             ///< histogram: 1 .. 10000
    metrics::Binning binning = metrics::Binning::EqualWidth; ///< histogram
    int knots = 6;                                           ///< spline: 3 .. 100
};

/// A way to calibrate.
struct CalibratorKind
{
    std::string id;
    std::string title;
    std::string reference; ///< where it was published
    bool preservesAccuracy = false;
    /// @throws Error where the set or an option does not do.
    std::function<std::unique_ptr<Calibrator>(const FitSet&, const FitOptions&)> fit;
    /// From parameters(). @throws Error naming the field.
    std::function<std::unique_ptr<Calibrator>(const Json&, std::int64_t classes)> load;
};

} // namespace assay::calibration
