#include "backend/metrics/tsne.h"

#include "backend/metrics/principal_components.h"
#include "backend/metrics/tsne_forces.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace assay::metrics {

namespace {

constexpr std::int64_t kMostColumns = 50;
constexpr int kBisections = 100;
constexpr double kEntropyTolerance = 1e-7; ///< nats
constexpr double kSmallest = 1e-300;
constexpr double kStartDeviation = 1e-4;
constexpr double kJitter = 1e-6; ///< parts rows that lie on a line, or on one another
constexpr int kReportEvery = 50;

/// Conditional distribution over the others at precision @p beta; its entropy in nats.
/// @param squares squared distances, the point's own at @p self; @param least the smallest of the others.
double conditional(const double* squares, std::int64_t n, std::int64_t self, double least, double beta,
                   double* p)
{
    double sum = 0, moment = 0;
    for (std::int64_t j = 0; j < n; ++j) {
        // Relative to the nearest, so that not all of them vanish.
        const double distance = squares[j] - least;
        p[j] = j == self ? 0 : std::exp(-beta * distance);
        sum += p[j];
        moment += p[j] * distance;
    }
    for (std::int64_t j = 0; j < n; ++j)
        p[j] /= sum;
    return std::log(sum) + beta * moment / sum;
}

/// Bisection for the precision whose entropy is that of the wanted perplexity. Where more others than that
/// lie at one place no precision is: they then share the row evenly.
void fillRow(const double* squares, std::int64_t n, std::int64_t self, double entropy, double* p)
{
    double least = std::numeric_limits<double>::infinity();
    for (std::int64_t j = 0; j < n; ++j)
        if (j != self)
            least = std::min(least, squares[j]);
    double low = 0, high = std::numeric_limits<double>::infinity();
    double mean = 0;
    for (std::int64_t j = 0; j < n; ++j)
        mean += (j == self ? 0 : squares[j] - least) / double(n);
    double beta = mean > 0 ? 1 / mean : 1;
    for (int step = 0; step < kBisections; ++step) {
        const double off = conditional(squares, n, self, least, beta, p) - entropy;
        if (std::abs(off) < kEntropyTolerance)
            return;
        (off > 0 ? low : high) = beta;
        beta = std::isinf(high) ? beta * 2 : (low + high) / 2;
    }
}

torch::Tensor squaredDistances(const torch::Tensor& rows)
{
    const torch::Tensor norms = rows.square().sum(1, true);
    return (norms + norms.t() - 2 * rows.mm(rows.t())).clamp_min_(0).contiguous();
}

std::vector<double> column(const torch::Tensor& points, std::int64_t i)
{
    const torch::Tensor values = points.select(1, i).to(torch::kCPU, torch::kFloat64).contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

torch::Tensor joined(const std::vector<double>& x, const std::vector<double>& y)
{
    return torch::stack({torch::tensor(x, torch::kFloat64), torch::tensor(y, torch::kFloat64)}, 1);
}

/// One coordinate of all points, as it moves.
struct Motion
{
    std::vector<double> at, slope, step, gain;

    explicit Motion(std::vector<double> start)
        : at(std::move(start))
        , step(at.size(), 0)
        , gain(at.size(), 1)
    {}

    void advance(double momentum, double rate)
    {
        double mean = 0;
        for (std::size_t i = 0; i < at.size(); ++i) {
            // The gain grows where the point keeps its direction.
            gain[i] = std::max((slope[i] > 0) != (step[i] > 0) ? gain[i] + 0.2 : gain[i] * 0.8, 0.01);
            step[i] = momentum * step[i] - rate * gain[i] * slope[i];
            at[i] += step[i];
            mean += at[i];
        }
        mean /= static_cast<double>(at.size());
        for (double& value : at)
            value -= mean;
    }
};

torch::Tensor startingPoints(const torch::Tensor& rows, std::uint64_t seed)
{
    const PrincipalComponents components = principalComponents(rows, 2);
    torch::Tensor points = torch::zeros({rows.size(0), 2}, torch::kFloat64);
    points.narrow(1, 0, components.axes.size(0)).copy_(components.project(rows));
    const double deviation = std::sqrt(components.variance[0].item<double>());
    if (deviation > 0)
        points *= kStartDeviation / deviation;
    const auto generator = at::detail::createCPUGenerator(seed);
    return points + kJitter * torch::randn(points.sizes(), generator, torch::kFloat64);
}

} // namespace

torch::Tensor tsneAffinities(const torch::Tensor& x, double perplexity, int threads)
{
    const torch::NoGradGuard off;
    const std::int64_t n = x.dim() == 2 ? x.size(0) : 0;
    if (n < 4)
        throw Error("t-SNE needs four points at least, not " + std::to_string(n));
    if (!(perplexity >= 1 && perplexity <= static_cast<double>(n - 1) / 3))
        throw Error("the perplexity of " + std::to_string(n) + " points must be between 1 and " +
                        std::to_string((n - 1) / 3),
                    "perplexity");
    const torch::Tensor rows = x.detach().to(torch::kCPU, torch::kFloat64);
    if (!rows.isfinite().all().item<bool>())
        throw Error("t-SNE of values that are not finite");
    const torch::Tensor squares = squaredDistances(rows - rows.mean(0));
    torch::Tensor p = torch::empty({n, n}, torch::kFloat64);
    const double* from = squares.data_ptr<double>();
    double* to = p.data_ptr<double>();
    forRows(n, threads, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            fillRow(from + i * n, n, i, std::log(perplexity), to + i * n);
    });
    return (p + p.t()) / static_cast<double>(2 * n);
}

double tsneDivergence(const torch::Tensor& affinities, const torch::Tensor& points)
{
    const torch::NoGradGuard off;
    torch::Tensor q = 1 / (1 + squaredDistances(points));
    q.fill_diagonal_(0);
    q /= q.sum();
    return (affinities * (affinities.clamp_min(kSmallest) / q.clamp_min(kSmallest)).log())
        .sum()
        .item<double>();
}

torch::Tensor tsneGradient(const torch::Tensor& affinities, const torch::Tensor& points, int threads)
{
    TsneForces<double> forces(affinities);
    std::vector<double> gx, gy;
    forces.gradient(column(points, 0), column(points, 1), 1, threads, gx, gy);
    return joined(gx, gy);
}

Tsne tsne(const torch::Tensor& x, const TsneSpec& spec, const std::function<void(int iteration)>& check)
{
    const torch::NoGradGuard off;
    torch::Tensor rows = x.detach().to(torch::kCPU, torch::kFloat64);
    if (rows.dim() == 2 && rows.size(0) > 3 && rows.size(1) > kMostColumns &&
        rows.isfinite().all().item<bool>())
        rows = principalComponents(rows, kMostColumns).project(rows);
    const torch::Tensor affinities = tsneAffinities(rows, spec.perplexity, spec.threads);
    const torch::Tensor start = startingPoints(rows, spec.seed);
    const auto n = static_cast<double>(rows.size(0));
    const double rate = spec.rate > 0 ? spec.rate : std::max(n / (4 * spec.exaggeration), 50.0);
    const int exaggerated = std::min(spec.exaggerated, spec.iterations / 2);
    Motion across(column(start, 0)), up(column(start, 1));
    TsneForces<float> forces(affinities);
    Tsne result;
    result.divergence.push_back(tsneDivergence(affinities, start));
    for (int i = 0; i < spec.iterations; ++i) {
        if (check)
            check(i);
        const bool early = i < exaggerated;
        forces.gradient(across.at, up.at, early ? spec.exaggeration : 1, spec.threads, across.slope,
                        up.slope);
        across.advance(early ? 0.5 : 0.8, rate);
        up.advance(early ? 0.5 : 0.8, rate);
        if ((i + 1) % kReportEvery == 0 || i + 1 == spec.iterations)
            result.divergence.push_back(tsneDivergence(affinities, joined(across.at, up.at)));
    }
    result.points = joined(across.at, up.at);
    return result;
}

} // namespace assay::metrics
