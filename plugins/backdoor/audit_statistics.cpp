#include "plugins/backdoor/audit_statistics.h"

#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace assay::backdoor {

namespace {

constexpr double kTiny = 1e-300;
constexpr double kFractionEnd = 1e-16;
constexpr int kMostTerms = 2000;
/// Halvings of a bracket: double precision has no more to give.
constexpr int kHalvings = 200;
/// No audit asks more often.
constexpr std::int64_t kMostQueries = std::int64_t(1) << 40;

/// The continued fraction of I_x(a, b), without its front; converges fast for x < (a+1)/(a+b+2).
double betaFraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    double h = d;
    for (int m = 1; m <= kMostTerms; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (const double term : {even, odd}) {
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (std::abs(d) < kTiny ? kTiny : d);
            c = std::abs(c) < kTiny ? kTiny : c;
            change = c * d;
            h *= change;
        }
        if (std::abs(change - 1) < kFractionEnd)
            break;
    }
    return h;
}

} // namespace

double regularisedBeta(double a, double b, double x)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * betaFraction(a, b, x) / a;
    return 1 - front * betaFraction(b, a, 1 - x) / b;
}

double studentProbability(double t, double dof)
{
    if (std::isinf(t))
        return t > 0 ? 1 : 0;
    const double tail = 0.5 * regularisedBeta(dof / 2, 0.5, dof / (dof + t * t));
    return t > 0 ? 1 - tail : tail;
}

double studentQuantile(double p, double dof)
{
    if (!(p > 0 && p < 1) || !(dof > 0))
        throw Error("a quantile of Student's distribution is asked for at " + std::to_string(p) + " with " +
                    std::to_string(dof) + " degrees of freedom");
    if (p < 0.5)
        return -studentQuantile(1 - p, dof);
    double low = 0, high = 1;
    while (studentProbability(high, dof) < p)
        high *= 2;
    for (int i = 0; i < kHalvings && low < high; ++i) {
        const double middle = low + (high - low) / 2;
        if (middle == low || middle == high)
            break;
        (studentProbability(middle, dof) < p ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

double binomialTail(std::int64_t k, std::int64_t n, double p)
{
    if (k <= 0)
        return 1;
    if (k > n)
        return 0;
    return regularisedBeta(double(k), double(n - k) + 1, p);
}

AuditDecision decideAudit(std::int64_t hits, std::int64_t n, double beta, double confidence)
{
    if (n < 2 || hits < 0 || hits > n)
        throw Error("a test of " + std::to_string(hits) + " hits in " + std::to_string(n) +
                    " queries is asked for; at least 2 queries are needed");
    AuditDecision d{.hits = hits, .n = n, .rate = double(hits) / double(n), .beta = beta};
    const double excess = d.rate - beta, deviation = std::sqrt(d.rate - d.rate * d.rate);
    const auto rejects = [&](std::int64_t queries) {
        const double t = studentQuantile(confidence, double(queries - 1));
        return std::sqrt(double(queries - 1)) * excess - t * deviation > 0;
    };
    d.quantile = studentQuantile(confidence, double(n - 1));
    d.statistic = deviation > 0 ? std::sqrt(double(n - 1)) * excess / deviation
                  : excess == 0 ? 0
                                : std::copysign(std::numeric_limits<double>::infinity(), excess);
    d.p = 1 - studentProbability(d.statistic, double(n - 1));
    d.rejected = rejects(n);
    d.binomialP = binomialTail(hits, n, beta);
    d.binomialRejected = d.binomialP < 1 - confidence;
    if (excess > 0) {
        // The left side grows with n: double until it holds, then halve.
        std::int64_t above = 2;
        while (!rejects(above) && above < kMostQueries)
            above *= 2;
        std::int64_t below = above == 2 ? 1 : above / 2;
        while (above - below > 1) {
            const std::int64_t middle = (above + below) / 2;
            (rejects(middle) ? above : below) = middle;
        }
        d.fewest = above;
    }
    return d;
}

double referenceBeta(std::span<const double> rates, double margin, std::int64_t n)
{
    if (rates.size() < 2)
        throw Error("a rate of models without marks needs at least two of them");
    const double mean = metrics::mean(rates);
    double squares = 0;
    for (const double rate : rates)
        squares += (rate - mean) * (rate - mean);
    const double deviation = std::sqrt(squares / double(rates.size() - 1));
    return std::clamp(mean + margin * deviation, 1.0 / double(std::max<std::int64_t>(n, 1)), 1.0);
}

AuditRoc auditRoc(std::span<const double> marked, std::span<const double> unmarked)
{
    if (marked.empty() || unmarked.empty())
        throw Error("a ROC curve needs models with marks and models without");
    std::vector<double> scores(marked.begin(), marked.end());
    scores.insert(scores.end(), unmarked.begin(), unmarked.end());
    std::ranges::sort(scores, std::greater<>());
    const auto repeated = std::ranges::unique(scores);
    scores.erase(repeated.begin(), repeated.end());
    AuditRoc roc{.falseRate = {0}, .trueRate = {0}};
    const auto share = [](std::span<const double> values, double atLeast) {
        return double(std::ranges::count_if(values, [&](double v) { return v >= atLeast; })) /
               double(values.size());
    };
    for (const double score : scores) {
        roc.falseRate.push_back(share(unmarked, score));
        roc.trueRate.push_back(share(marked, score));
    }
    // By trapezia: a step that is a tie is a slope, which counts it a half.
    for (std::size_t i = 1; i < roc.falseRate.size(); ++i)
        roc.area += (roc.falseRate[i] - roc.falseRate[i - 1]) * (roc.trueRate[i] + roc.trueRate[i - 1]) / 2;
    return roc;
}

} // namespace assay::backdoor
