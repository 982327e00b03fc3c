#include "backend/metrics/selective.h"

#include "backend/metrics/roc.h"

#include <algorithm>

namespace assay::metrics {

namespace {

/// Outcomes of all samples of one confidence.
struct EqualOnes
{
    std::size_t first = 0; ///< positions [first, last)
    std::size_t last = 0;
    double right = 0;
    double wrong = 0;
};

/// The run of equal confidences that ends before @p last.
EqualOnes runBefore(const SortedConfidences& sorted, Counts counts, std::size_t last)
{
    const auto confidence = sorted.confidence();
    const auto correct = sorted.correct();
    EqualOnes run{.first = last, .last = last};
    while (run.first > 0 && confidence[run.first - 1] == confidence[last - 1]) {
        --run.first;
        const double count = counts.empty() ? 1 : counts[run.first];
        (correct[run.first] ? run.right : run.wrong) += count;
    }
    return run;
}

/// Sum of 1/k over k = from + 1 .. to.
double harmonic(double from, double to)
{
    double sum = 0;
    for (double k = to; k > from; --k)
        sum += 1 / k;
    return sum;
}

} // namespace

double confidenceAuroc(const SortedConfidences& sorted, Counts counts)
{
    return auroc(sorted.confidence(), sorted.correct(), counts);
}

std::vector<RiskPoint> riskCoverage(const SortedConfidences& sorted)
{
    std::vector<RiskPoint> points;
    double answered = 0, wrong = 0;
    for (auto last = static_cast<std::size_t>(sorted.size()); last > 0;) {
        const EqualOnes run = runBefore(sorted, {}, last);
        answered += run.right + run.wrong;
        wrong += run.wrong;
        points.push_back({.threshold = sorted.confidence()[run.first],
                          .coverage = answered / static_cast<double>(sorted.size()),
                          .risk = wrong / answered});
        last = run.first;
    }
    return points;
}

double aurc(const SortedConfidences& sorted, Counts counts)
{
    double answered = 0, wrong = 0, sum = 0;
    for (auto last = static_cast<std::size_t>(sorted.size()); last > 0;) {
        const EqualOnes run = runBefore(sorted, counts, last);
        const double size = run.right + run.wrong;
        if (size > 0) {
            // Of k answered, wrong + (k - answered) * share are wrong.
            const double share = run.wrong / size;
            sum += share * size + (wrong - answered * share) * harmonic(answered, answered + size);
        }
        answered += size;
        wrong += run.wrong;
        last = run.first;
    }
    return sum / answered;
}

double excessAurc(const SortedConfidences& sorted)
{
    const double n = static_cast<double>(sorted.size());
    const double right = static_cast<double>(sorted.totalCorrect());
    // Right ones first: no risk up to `right`, then (k - right) / k.
    const double best = ((n - right) - right * harmonic(right, n)) / n;
    return std::max(0.0, aurc(sorted) - best);
}

} // namespace assay::metrics
