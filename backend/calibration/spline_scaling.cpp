#include "backend/calibration/spline_scaling.h"

#include "backend/calibration/natural_spline.h"
#include "backend/calibration/parameter_fields.h"
#include "backend/metrics/labelled_probabilities.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace assay::calibration {

namespace {

/// Calibrated confidence by confidence, straight between points.
struct ConfidenceTable
{
    std::vector<double> confidence; ///< ascending, all different
    std::vector<double> calibrated; ///< in [0,1]

    double at(double c) const
    {
        const auto above = static_cast<std::size_t>(
            std::lower_bound(confidence.begin(), confidence.end(), c) - confidence.begin());
        if (above == confidence.size())
            return calibrated.back();
        if (above == 0 || confidence[above] == c)
            return calibrated[above];
        const double share = (c - confidence[above - 1]) / (confidence[above] - confidence[above - 1]);
        return calibrated[above - 1] + share * (calibrated[above] - calibrated[above - 1]);
    }
};

/// Gives a row's top class the probability @p q, or the least that keeps it on top, and the others the rest.
void setTop(double* p, std::int64_t classes, std::int64_t top, double q)
{
    double others = 0, second = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
        if (k != top) {
            others += p[k];
            second = std::max(second, p[k]);
        }
    }
    const double even = 1.0 / static_cast<double>(classes - 1);
    const double part = others > 0 ? second / others : even;
    q = std::max(q, part / (1 + part));
    for (std::int64_t k = 0; k < classes; ++k) {
        if (k != top)
            p[k] = (1 - q) * (others > 0 ? p[k] / others : even);
    }
    p[top] = q;
}

class SplineScaling : public Calibrator
{
public:
    SplineScaling(std::int64_t classes, ConfidenceTable table)
        : Calibrator("spline", classes, true)
        , m_table(std::move(table))
    {}

    Json parameters() const override
    {
        return {{"confidence", m_table.confidence}, {"calibrated", m_table.calibrated}};
    }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override
    {
        torch::Tensor result = logits.softmax(1).contiguous();
        const double* z = logits.data_ptr<double>();
        double* p = result.data_ptr<double>();
        for (std::int64_t i = 0; i < result.size(0); ++i, p += classes(), z += classes()) {
            const std::int64_t top = std::max_element(z, z + classes()) - z;
            setTop(p, classes(), top, m_table.at(p[top]));
        }
        return result;
    }

    ConfidenceTable m_table;
};

/// The set's outcomes by confidence, those of equal confidence each as their mean.
std::vector<double> meanOutcomes(const metrics::SortedConfidences& sorted)
{
    const auto confidence = sorted.confidence();
    const auto correct = sorted.correct();
    std::vector<double> outcomes(confidence.size());
    for (std::size_t first = 0, last = 0; first < confidence.size(); first = last) {
        double right = 0;
        for (last = first; last < confidence.size() && confidence[last] == confidence[first]; ++last)
            right += correct[last];
        std::fill(outcomes.begin() + static_cast<std::ptrdiff_t>(first),
                  outcomes.begin() + static_cast<std::ptrdiff_t>(last),
                  right / static_cast<double>(last - first));
    }
    return outcomes;
}

ConfidenceTable tableOf(const metrics::SortedConfidences& sorted, int knots)
{
    const auto confidence = sorted.confidence();
    const std::vector<double> outcomes = meanOutcomes(sorted);
    const double n = static_cast<double>(confidence.size());
    std::vector<double> places, sums;
    double sum = 0;
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        sum += (outcomes[i] - confidence[i]) / n;
        places.push_back(static_cast<double>(i + 1) / n);
        sums.push_back(sum);
    }
    const NaturalSpline spline = NaturalSpline::fitted(places, sums, knots);
    ConfidenceTable table;
    for (std::size_t first = 0, last = 0; first < confidence.size(); first = last) {
        double slopes = 0;
        for (last = first; last < confidence.size() && confidence[last] == confidence[first]; ++last)
            slopes += spline.slope(places[last]);
        const double mean = slopes / static_cast<double>(last - first);
        table.confidence.push_back(confidence[first]);
        table.calibrated.push_back(std::clamp(confidence[first] + mean, 0.0, 1.0));
    }
    return table;
}

std::unique_ptr<Calibrator> fitSpline(const FitSet& set, const FitOptions& options)
{
    if (set.size() < 2 * static_cast<std::int64_t>(options.knots))
        throw Error("a spline of " + std::to_string(options.knots) + " knots is fitted on at least " +
                    std::to_string(2 * options.knots) + " samples; the set has " +
                    std::to_string(set.size()));
    const auto predictions = metrics::LabelledProbabilities::fromLogits(set.logits(), set.labels());
    const metrics::SortedConfidences sorted(predictions.top().confidence, predictions.top().correct);
    return std::make_unique<SplineScaling>(set.classes(), tableOf(sorted, options.knots));
}

std::unique_ptr<Calibrator> loadSpline(const Json& parameters, std::int64_t classes)
{
    ConfidenceTable table{.confidence = requiredReals(parameters, "confidence", -1)};
    table.calibrated =
        requiredReals(parameters, "calibrated", static_cast<std::int64_t>(table.confidence.size()));
    checkReals(table.confidence, "confidence", 0, 1, true);
    checkReals(table.calibrated, "calibrated", 0, 1);
    return std::make_unique<SplineScaling>(classes, std::move(table));
}

} // namespace

CalibratorKind splineKind()
{
    return {.id = "spline",
            .title = "Spline calibration of the top label",
            .reference = "Gupta et al. 2021, Calibration of Neural Networks using Splines",
            .preservesAccuracy = true,
            .fit = fitSpline,
            .load = loadSpline};
}

} // namespace assay::calibration
