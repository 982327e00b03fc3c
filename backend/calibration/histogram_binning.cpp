#include "backend/calibration/histogram_binning.h"

#include "backend/calibration/logits.h"
#include "backend/calibration/parameter_fields.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace assay::calibration {

namespace {

/// A class's steps: value k holds up to and including border k; above the last, the last.
struct Steps
{
    std::vector<double> borders;
    std::vector<double> values;

    double at(double p) const
    {
        const auto k = std::lower_bound(borders.begin(), borders.end(), p) - borders.begin();
        return values[std::min(static_cast<std::size_t>(k), values.size() - 1)];
    }
};

class HistogramBinning : public Calibrator
{
public:
    explicit HistogramBinning(std::vector<Steps> steps)
        : Calibrator("histogram", static_cast<std::int64_t>(steps.size()), false)
        , m_steps(std::move(steps))
    {}

    Json parameters() const override
    {
        Json list = Json::array();
        for (const Steps& steps : m_steps)
            list.push_back({{"borders", steps.borders}, {"values", steps.values}});
        return {{"histograms", list}};
    }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override
    {
        torch::Tensor values = logits.softmax(1).contiguous();
        double* value = values.data_ptr<double>();
        for (std::int64_t i = 0; i < values.numel(); ++i)
            value[i] = m_steps[static_cast<std::size_t>(i % classes())].at(value[i]);
        return normalisedRows(values);
    }

    std::vector<Steps> m_steps;
};

std::unique_ptr<Calibrator> fitHistogram(const FitSet& set, const FitOptions& options)
{
    const torch::Tensor p = set.logits().softmax(1).clamp_max(1);
    const auto n = static_cast<std::size_t>(set.size());
    std::vector<Steps> all;
    for (std::int64_t k = 0; k < set.classes(); ++k) {
        const torch::Tensor column = p.select(1, k).contiguous();
        const torch::Tensor is = (set.labels() == k).to(torch::kUInt8).contiguous();
        const metrics::SortedConfidences sorted({column.data_ptr<double>(), n},
                                                {is.data_ptr<std::uint8_t>(), n});
        Steps steps;
        for (const metrics::ReliabilityBin& bin : sorted.bins(options.binning, options.bins)) {
            steps.borders.push_back(bin.upper);
            steps.values.push_back(bin.empty() ? (bin.lower + bin.upper) / 2 : bin.accuracy.value);
        }
        all.push_back(std::move(steps));
    }
    return std::make_unique<HistogramBinning>(std::move(all));
}

std::unique_ptr<Calibrator> loadHistogram(const Json& parameters, std::int64_t classes)
{
    std::vector<Steps> all;
    for (const Json& item : requiredList(parameters, "histograms", classes)) {
        Steps steps{.borders = requiredReals(item, "borders", -1),
                    .values = requiredReals(item, "values", -1)};
        if (steps.borders.size() != steps.values.size())
            throw Error("'borders' and 'values' of a histogram must be equally long");
        checkReals(steps.borders, "borders", 0, 1, true);
        checkReals(steps.values, "values", 0, 1);
        all.push_back(std::move(steps));
    }
    return std::make_unique<HistogramBinning>(std::move(all));
}

} // namespace

CalibratorKind histogramBinningKind()
{
    return {.id = "histogram",
            .title = "Histogram binning, one-vs-all",
            .reference = "Zadrozny and Elkan 2001, Obtaining calibrated probability estimates",
            .preservesAccuracy = false,
            .fit = fitHistogram,
            .load = loadHistogram};
}

} // namespace assay::calibration
