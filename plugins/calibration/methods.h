#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/calibration_summary.h"
#include "plugins/calibration/shifts.h"

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace assay::confidence {

/// A way to calibrate as tables name it.
struct Method
{
    std::string id;
    std::string title;
    std::size_t baseline = 0; ///< position of the method that it is compared with; itself: with none
};

/// What is measured of each method, in this order.
std::span<const metrics::CalibrationMetric> comparedMetrics();
/// Position of a metric in comparedMetrics() by its key; that of the ECE for none of them.
std::size_t comparedPosition(const std::string& key);
/// Of a metric's values as figures show them: percent where it is a fraction.
double shownScale(metrics::CalibrationMetric metric);
std::string shownUnit(metrics::CalibrationMetric metric);

/// Models x methods x shifts x splits of the samples into a half to fit on and a half to judge by.
struct MethodResults
{
    std::vector<std::string> models;
    std::vector<std::string> families; ///< per model: those of one family differ in their training's seed
    std::vector<Method> methods;
    std::vector<Shift> shifts; ///< "clean" first
    int splits = 0;            ///< numbered from 0: the column `seed`
    int bins = 15;
    torch::Tensor values;  ///< float64 [M,K,S,R,Q]: comparedMetrics(); NaN where not measured
    torch::Tensor n;       ///< int64 [M,S]: samples judged by; 0 where not measured
    torch::Tensor changes; ///< float64 [M,K,S,R,Q,2]: paired bootstrap interval of the difference to the
                           ///< baseline, 95 % (percentile); NaN for a method that is its own

    void allocate();
    double value(std::size_t m, std::size_t k, std::size_t s, std::size_t r, std::size_t q) const;
    /// Value less that of the baseline.
    double change(std::size_t m, std::size_t k, std::size_t s, std::size_t r, std::size_t q) const;
    metrics::Interval interval(std::size_t m, std::size_t k, std::size_t s, std::size_t r,
                               std::size_t q) const;
    bool measured(std::size_t m, std::size_t s) const;
    std::int64_t judged(std::size_t m, std::size_t s) const
    {
        return n.accessor<std::int64_t, 2>()[static_cast<std::int64_t>(m)][static_cast<std::int64_t>(s)];
    }
    /// Of the splits, how many intervals of the change lie below 0 and how many above.
    struct Verdict
    {
        int lower = 0;
        int higher = 0;
        int splits = 0;
    };
    Verdict verdict(std::size_t m, std::size_t k, std::size_t s, std::size_t q) const;
    /// Mean over splits.
    double meanValue(std::size_t m, std::size_t k, std::size_t s, std::size_t q) const;
    enum class Shifted { All, Corrupted, Domains };
    /// Mean over the shifts of a kind that are measured and not clean, of split @p r; NaN of none.
    double shiftedMean(std::size_t m, std::size_t k, std::size_t r, std::size_t q,
                       Shifted which = Shifted::All) const;
};

/// Judges the methods of one model, shift and split; all on the same samples and the same resamples, so that
/// their differences are paired.
class MethodJudge
{
public:
    MethodJudge(MethodResults& results, int resamples, std::uint64_t seed)
        : m_results(results)
        , m_resamples(resamples)
        , m_seed(seed)
    {}

    /// @param probabilities per method, float64 [n,C]; a method's baseline stands before it.
    /// @param labels int64 [n].
    void judge(std::size_t m, std::size_t s, std::size_t r, const std::vector<torch::Tensor>& probabilities,
               const torch::Tensor& labels);

private:
    MethodResults& m_results;
    int m_resamples;
    std::uint64_t m_seed;
};

/// Rows of a split: int64, ascending, on the CPU.
struct SplitRows
{
    torch::Tensor fit;
    torch::Tensor test;
};
/// The rows of a shift's @p n samples that are judged by: the split's, or all where a domain has samples of
/// its own, which nothing is fitted on.
torch::Tensor judgedRows(const SplitRows& rows, const Shift& shift, std::int64_t n);
/// The samples divided by the run's seed. @param stream another one divides them otherwise.
/// @param share of those to fit on.
SplitRows splitRows(const engine::RunContext& context, std::int64_t n, const std::string& stream,
                    double share);
/// The stream of a split by its number.
std::string splitStream(int split);

/// Lossless, for an artifact.
engine::TensorMap toTensors(const MethodResults& results);
/// @throws Error when a tensor is missing or malformed.
MethodResults methodResultsFrom(const engine::TensorMap& tensors);

} // namespace assay::confidence
