#include "backend/calibration/temperature.h"

#include "backend/calibration/minimise.h"
#include "backend/calibration/parameter_fields.h"
#include "backend/calibration/temperature_loss.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::calibration {

namespace {

constexpr int kTemperatureSteps = 40;

class Temperature : public Calibrator
{
public:
    Temperature(std::int64_t classes, double temperature)
        : Calibrator("temperature", classes, true)
        , m_temperature(temperature)
    {}
    Json parameters() const override { return {{"temperature", m_temperature}}; }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override
    {
        return (logits / m_temperature).softmax(1);
    }

    double m_temperature;
};

class Uncalibrated : public Calibrator
{
public:
    explicit Uncalibrated(std::int64_t classes)
        : Calibrator("none", classes, true)
    {}
    Json parameters() const override { return Json::object(); }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override { return logits.softmax(1); }
};

double gridTemperature(int step)
{
    const double ratio = kHighestTemperature / kLowestTemperature;
    return kLowestTemperature * std::pow(ratio, static_cast<double>(step) / kTemperatureSteps);
}

} // namespace

double fitTemperature(const FitSet& set, Loss loss)
{
    std::vector<double> temperatures(static_cast<std::size_t>(set.size()));
    std::vector<double> derivatives(temperatures.size());
    const auto lossAt = [&](double temperature, std::span<double> into) {
        std::fill(temperatures.begin(), temperatures.end(), temperature);
        return temperatureLoss(set, temperatures, loss, into);
    };
    int best = 0;
    double least = lossAt(gridTemperature(0), {});
    for (int step = 1; step <= kTemperatureSteps; ++step) {
        if (const double value = lossAt(gridTemperature(step), {}); value < least) {
            least = value;
            best = step;
        }
    }
    // Searched by its logarithm, in which losses are closer to parabolas.
    const Objective objective = [&](std::span<const double> x, std::span<double> gradient) {
        const double temperature = std::exp(x[0]);
        const double value = lossAt(temperature, derivatives);
        gradient[0] = 0;
        for (const double derivative : derivatives)
            gradient[0] += derivative * temperature;
        return value;
    };
    const Box box{.lower = {std::log(gridTemperature(std::max(best - 1, 0)))},
                  .upper = {std::log(gridTemperature(std::min(best + 1, kTemperatureSteps)))}};
    const Minimum minimum = minimise(objective, {std::log(gridTemperature(best))}, box, {.tolerance = 1e-13});
    return std::clamp(std::exp(minimum.x[0]), kLowestTemperature, kHighestTemperature);
}

CalibratorKind temperatureKind()
{
    return {.id = "temperature",
            .title = "Temperature scaling",
            .reference = "Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2",
            .preservesAccuracy = true,
            .fit =
                [](const FitSet& set, const FitOptions& options) {
                    return std::make_unique<Temperature>(set.classes(), fitTemperature(set, options.loss));
                },
            .load =
                [](const Json& parameters, std::int64_t classes) {
                    return std::make_unique<Temperature>(classes,
                                                         requiredPositive(parameters, "temperature"));
                }};
}

CalibratorKind uncalibratedKind()
{
    return {
        .id = "none",
        .title = "Uncalibrated",
        .reference = "softmax of the logits",
        .preservesAccuracy = true,
        .fit = [](const FitSet& set,
                  const FitOptions&) { return std::make_unique<Uncalibrated>(set.classes()); },
        .load = [](const Json&, std::int64_t classes) { return std::make_unique<Uncalibrated>(classes); }};
}

} // namespace assay::calibration
