#include "backend/calibration/natural_spline.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace assay::calibration {

namespace {

/// Where x lies: between knots `left` and left + 1, at the share b of the way.
struct SplinePlace
{
    std::size_t left;
    double b;
};

SplinePlace placeOf(double x, std::size_t knots)
{
    const double scaled = x * static_cast<double>(knots - 1);
    const auto left = std::min(static_cast<std::size_t>(std::max(0.0, scaled)), knots - 2);
    return {left, scaled - static_cast<double>(left)};
}

/// [K,K]: second derivatives at the knots from the values there (the usual three-term equations; 0 at the
/// ends).
torch::Tensor curvatureMatrix(std::int64_t knots)
{
    const double h = 1.0 / static_cast<double>(knots - 1);
    torch::Tensor left = torch::zeros({knots, knots}, torch::kFloat64), right = left.clone();
    auto l = left.accessor<double, 2>(), r = right.accessor<double, 2>();
    l[0][0] = l[knots - 1][knots - 1] = 1;
    for (std::int64_t i = 1; i + 1 < knots; ++i) {
        l[i][i - 1] = l[i][i + 1] = h / 6;
        l[i][i] = 2 * h / 3;
        r[i][i - 1] = r[i][i + 1] = 1 / h;
        r[i][i] = -2 / h;
    }
    return torch::linalg_solve(left, right);
}

} // namespace

NaturalSpline NaturalSpline::fitted(std::span<const double> x, std::span<const double> y, int knots)
{
    if (knots < 3 || knots > 100)
        throw Error("a spline of " + std::to_string(knots) + " knots is asked for; it must have 3 to 100");
    if (x.size() != y.size() || x.size() < static_cast<std::size_t>(knots))
        throw Error("a spline of " + std::to_string(knots) + " knots needs at least " +
                    std::to_string(knots) + " points; given were " + std::to_string(x.size()));
    const std::int64_t k = knots;
    const torch::Tensor curvature = curvatureMatrix(k);
    const double h = 1.0 / static_cast<double>(k - 1);
    // Row by row, the value at x as a sum over the knots' values.
    torch::Tensor design = torch::zeros({static_cast<std::int64_t>(x.size()), k}, torch::kFloat64);
    auto row = design.accessor<double, 2>();
    auto m = curvature.accessor<double, 2>();
    for (std::size_t n = 0; n < x.size(); ++n) {
        const auto [left, b] = placeOf(x[n], static_cast<std::size_t>(k));
        const double a = 1 - b;
        const auto at = static_cast<std::int64_t>(n), l = static_cast<std::int64_t>(left);
        row[at][l] += a;
        row[at][l + 1] += b;
        for (std::int64_t j = 0; j < k; ++j)
            row[at][j] += h * h / 6 * ((a * a * a - a) * m[l][j] + (b * b * b - b) * m[l + 1][j]);
    }
    const torch::Tensor target = torch::tensor(std::vector<double>(y.begin(), y.end()), torch::kFloat64);
    const torch::Tensor normal = design.t().matmul(design);
    const torch::Tensor values = torch::linalg_solve(normal, design.t().matmul(target)).contiguous();
    if (!values.isfinite().all().item<bool>())
        throw Error("the points do not determine a spline of " + std::to_string(knots) + " knots");
    const torch::Tensor curvatures = curvature.matmul(values).contiguous();
    NaturalSpline spline;
    spline.m_values.assign(values.data_ptr<double>(), values.data_ptr<double>() + k);
    spline.m_curvatures.assign(curvatures.data_ptr<double>(), curvatures.data_ptr<double>() + k);
    return spline;
}

double NaturalSpline::value(double x) const
{
    const auto [left, b] = placeOf(x, m_values.size());
    const double a = 1 - b, h = 1.0 / static_cast<double>(m_values.size() - 1);
    return a * m_values[left] + b * m_values[left + 1] +
           h * h / 6 * ((a * a * a - a) * m_curvatures[left] + (b * b * b - b) * m_curvatures[left + 1]);
}

double NaturalSpline::slope(double x) const
{
    const auto [left, b] = placeOf(x, m_values.size());
    const double a = 1 - b, h = 1.0 / static_cast<double>(m_values.size() - 1);
    return (m_values[left + 1] - m_values[left]) / h +
           h / 6 * ((3 * b * b - 1) * m_curvatures[left + 1] - (3 * a * a - 1) * m_curvatures[left]);
}

} // namespace assay::calibration
