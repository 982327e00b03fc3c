#include "backend/calibration/temperature_loss.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::calibration {

namespace {

/// softmax(z / s) of one sample, with u = z / s.
struct Softmax
{
    std::vector<double> u;
    std::vector<double> p;
    double logTotal = 0;
    double mean = 0; ///< sum p u

    void compute(const double* z, double s)
    {
        for (std::size_t k = 0; k < u.size(); ++k)
            u[k] = z[k] / s;
        const double largest = *std::max_element(u.begin(), u.end());
        double total = 0;
        for (std::size_t k = 0; k < u.size(); ++k)
            total += p[k] = std::exp(u[k] - largest);
        logTotal = largest + std::log(total);
        mean = 0;
        for (std::size_t k = 0; k < u.size(); ++k) {
            p[k] /= total;
            mean += p[k] * u[k];
        }
    }
};

} // namespace

double temperatureLoss(const FitSet& set, std::span<const double> temperatures, Loss loss,
                       std::span<double> derivatives)
{
    const auto classes = static_cast<std::size_t>(set.classes());
    const double n = static_cast<double>(set.size()), c = static_cast<double>(classes);
    const double* z = set.logits().data_ptr<double>();
    const std::int64_t* label = set.labels().data_ptr<std::int64_t>();
    Softmax softmax{.u = std::vector<double>(classes), .p = std::vector<double>(classes)};
    double sum = 0;
    for (std::size_t i = 0; i < temperatures.size(); ++i, z += classes) {
        const double s = temperatures[i];
        const auto y = static_cast<std::size_t>(label[i]);
        softmax.compute(z, s);
        double derivative = 0;
        if (loss == Loss::Nll) {
            sum += (softmax.logTotal - softmax.u[y]) / n;
            derivative = (softmax.u[y] - softmax.mean) / (n * s);
        } else {
            for (std::size_t k = 0; k < classes; ++k) {
                const double off = softmax.p[k] - (k == y);
                sum += off * off / (n * c);
                derivative -= 2 * off * softmax.p[k] * (softmax.u[k] - softmax.mean) / (n * c * s);
            }
        }
        if (!derivatives.empty())
            derivatives[i] = derivative;
    }
    return sum;
}

} // namespace assay::calibration
