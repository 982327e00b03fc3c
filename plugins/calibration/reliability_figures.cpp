#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/calibration_error.h"
#include "backend/metrics/proper_scores.h"
#include "plugins/calibration/reliability_report.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace assay::confidence {

using metrics::Binning;
using metrics::ReliabilityBin;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;
using reporting::shortText;

namespace {

constexpr const char* kGallery = "samples";
constexpr const char* kAccuracy = "Accuracy";

std::string rangeText(const ReliabilityBin& bin)
{
    return "(" + shortText(100 * bin.lower) + ", " + shortText(100 * bin.upper) + "]";
}

std::string binText(const ReliabilityBin& bin, const std::string& what)
{
    if (bin.empty())
        return rangeText(bin) + " %: empty";
    return rangeText(bin) + " %: " + std::to_string(bin.count) + " samples, confidence " +
           reporting::percentText(bin.confidence) + ", " + what + " " +
           reporting::percentText(bin.accuracy.value);
}

/// Rounded down, so that no confidence below 100 % is called that; without zeros at its end.
std::string decimalText(double value, int decimals)
{
    const double unit = std::pow(10.0, decimals);
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", decimals, std::floor(value * unit + 1e-6) / unit);
    std::string cut(text);
    while (cut.find('.') != cut.npos && (cut.back() == '0' || cut.back() == '.'))
        cut.pop_back();
    return cut;
}

/// Where the bins of a diagram stand: at their middle on an axis of confidence, or in a row where their
/// widths differ.
class DiagramLayout
{
public:
    DiagramLayout(Binning binning, const std::vector<ReliabilityBin>& bins)
        : m_inRow(binning == Binning::EqualMass)
        , m_bins(bins)
    {}

    double position(std::size_t b) const
    {
        return m_inRow ? static_cast<double>(b) : 50 * (m_bins[b].lower + m_bins[b].upper);
    }
    protocol::Axis axis(const std::string& label) const
    {
        if (!m_inRow)
            return reporting::percentScale(label);
        protocol::Axis axis{.label = label + " up to, %", .scale = AxisScale::Category};
        for (std::size_t b = 0; b < m_bins.size(); ++b)
            axis.categories.push_back(m_bins[b].empty() ? "–" : endText(b));
        return axis;
    }
    bool isRow() const { return m_inRow; }

private:
    /// With as many decimals as tell the end from that of the bin before: most samples may lie near 100 %.
    std::string endText(std::size_t b) const
    {
        constexpr int kMostDecimals = 6;
        const double end = 100 * m_bins[b].upper, width = end - 100 * m_bins[b].lower;
        int decimals = 1;
        while (decimals < kMostDecimals && std::pow(10.0, -decimals) > width)
            ++decimals;
        return decimalText(end, decimals);
    }

    bool m_inRow;
    const std::vector<ReliabilityBin>& m_bins;
};

/// Stacked bars up to the smaller of accuracy and confidence, and above it the gap, in one of two colours.
void addGapBars(Figure& f, const ReliabilityScene& scene, const metrics::SortedConfidences* sorted,
                const std::vector<ReliabilityBin>& bins, const DiagramLayout& layout)
{
    Layer base{.kind = LayerKind::Bars, .name = "Common part", .role = "neutral", .stack = "bin"};
    Layer over{.kind = LayerKind::Bars, .name = "Gap: too sure", .role = "same", .stack = "bin"};
    Layer under{.kind = LayerKind::Bars, .name = "Gap: not sure enough", .role = "different", .stack = "bin"};
    for (std::size_t b = 0; b < bins.size(); ++b) {
        const ReliabilityBin& bin = bins[b];
        const double gap = bin.empty() ? 0 : 100 * bin.gap();
        const double low = bin.empty() ? 0 : 100 * std::min(bin.accuracy.value, bin.confidence);
        const std::vector<std::int64_t> ids = scene.idsOf(sorted, bin);
        for (auto [layer, height] :
             {std::pair{&base, low}, {&over, std::max(0.0, -gap)}, {&under, std::max(0.0, gap)}}) {
            layer->x.push_back(layout.position(b));
            layer->y.push_back(height);
            layer->labels.push_back(binText(bin, "accuracy"));
            if (scene.linked())
                layer->samples.add(ids);
        }
    }
    f.layers.insert(f.layers.end(), {std::move(base), std::move(over), std::move(under)});
}

/// Accuracies with their intervals, and a ring at 0 for each empty bin.
void addAccuracies(Figure& f, const ReliabilityScene& scene, const metrics::SortedConfidences* sorted,
                   const std::vector<ReliabilityBin>& bins, const DiagramLayout& layout,
                   const std::string& what)
{
    Layer points{.kind = LayerKind::Points, .name = what, .role = "accent"};
    Layer empty{.kind = LayerKind::Points, .name = "Empty bin", .role = "empty"};
    for (std::size_t b = 0; b < bins.size(); ++b) {
        const ReliabilityBin& bin = bins[b];
        if (bin.empty()) {
            empty.x.push_back(layout.position(b));
            empty.y.push_back(0);
            continue;
        }
        reporting::addRateMark(points, layout.position(b), bin.accuracy, true);
        points.labels.push_back(std::to_string(bin.count));
        if (scene.linked())
            points.samples.add(scene.idsOf(sorted, bin));
    }
    f.layers.push_back(std::move(points));
    if (!empty.x.empty())
        f.layers.push_back(std::move(empty));
}

/// What a calibrated model would show: the diagonal, or each bin's confidence where bins stand in a row.
void addReference(Figure& f, const std::vector<ReliabilityBin>& bins, const DiagramLayout& layout)
{
    Layer line{.kind = LayerKind::Line, .name = "Calibrated", .role = "chance"};
    if (!layout.isRow()) {
        line.x = {0, 100};
        line.y = {0, 100};
    } else {
        line.kind = LayerKind::Points;
        line.name = "Mean confidence";
        for (std::size_t b = 0; b < bins.size(); ++b) {
            if (bins[b].empty())
                continue;
            line.x.push_back(layout.position(b));
            line.y.push_back(100 * bins[b].confidence);
        }
    }
    f.layers.push_back(std::move(line));
}

std::string emptyText(const std::vector<ReliabilityBin>& bins)
{
    const auto empty = std::ranges::count_if(bins, &ReliabilityBin::empty);
    return empty == 0 ? ""
                      : " " + std::to_string(empty) + (empty == 1 ? " bin is empty." : " bins are empty.");
}

/// The parts that the diagrams of the top label and of one class share.
void fillDiagram(Figure& f, const ReliabilityScene& scene, const BinnedSamples& samples,
                 const std::string& what)
{
    const std::vector<ReliabilityBin>& bins = samples.bins;
    const DiagramLayout layout(samples.binning, bins);
    f.caption = definitionOf(samples.binning, static_cast<int>(bins.size())) + emptyText(bins) + " ECE " +
                shortText(100 * metrics::expectedCalibrationError(bins)) + " %, largest gap " +
                shortText(100 * metrics::maximumCalibrationError(bins)) + " %, of " +
                std::to_string(samples.size) +
                " samples, whose number stands beside a bin where there is room; Wilson 95 % intervals.";
    f.interval = reporting::kWilson;
    f.x = layout.axis(what == kAccuracy ? "Confidence" : "Probability of the class");
    f.y = reporting::percentScale(what);
    f.aspect = 1.2;
    addGapBars(f, scene, samples.sorted, bins, layout);
    addReference(f, bins, layout);
    addAccuracies(f, scene, samples.sorted, bins, layout, what);
    if (scene.results().gallery)
        f.opens = kGallery;
}

} // namespace

Figure diagramFigure(const ReliabilityScene& scene, Binning binning, int bins)
{
    Figure f{.name = binning == Binning::EqualMass ? "reliability-equal-mass" : "reliability-equal-width",
             .title = "Reliability of " + scene.answers().model + ", bins of " + binningText(binning) + ", " +
                      scene.temperatureText(),
             .section = "Reliability",
             .rateOf = "samples of the bin"};
    fillDiagram(f, scene, scene.binned(binning, bins), kAccuracy);
    return f;
}

Figure classDiagramFigure(const ReliabilityScene& scene, const metrics::SortedConfidences& sorted,
                          std::int64_t shown, Binning binning, int bins)
{
    const std::string& name = scene.answers().classes[static_cast<std::size_t>(shown)];
    Figure f{.name = "reliability-class",
             .title = "Reliability of “" + name + "”, bins of " + binningText(binning) + ", " +
                      scene.temperatureText(),
             .section = "Classes",
             .rateOf = "samples of the bin"};
    fillDiagram(
        f, scene,
        {.binning = binning, .bins = sorted.bins(binning, bins), .size = sorted.size(), .sorted = &sorted},
        "Frequency of the class");
    f.caption = "The probability of this class against how often it is the label. " + f.caption;
    return f;
}

Figure confidenceFigure(const ReliabilityScene& scene, Binning binning, int count)
{
    const BinnedSamples samples = scene.binned(binning, count);
    const std::vector<ReliabilityBin>& bins = samples.bins;
    const DiagramLayout layout(binning, bins);
    Figure f{.name = "confidence",
             .title = "How sure it is, bins of " + binningText(binning) + ", " + scene.temperatureText(),
             .section = "Confidence"};
    const double mean = scene.meanConfidence(), accuracy = scene.accuracy();
    f.caption = "Mean confidence " + reporting::percentText(mean) + ", accuracy " +
                reporting::percentText(accuracy) + ": where the confidence is larger, the model is too sure.";
    f.x = layout.axis("Confidence");
    f.y = {.label = "Samples", .low = 0};
    Layer right{.kind = LayerKind::Bars, .name = "right", .role = "different", .stack = "samples"};
    Layer wrong{.kind = LayerKind::Bars, .name = "wrong", .role = "same", .stack = "samples"};
    for (std::size_t b = 0; b < bins.size(); ++b) {
        const ReliabilityBin& bin = bins[b];
        for (auto [layer, isRight] : {std::pair{&right, true}, {&wrong, false}}) {
            const std::int64_t rightOnes = bin.empty() ? 0 : bin.accuracy.count;
            layer->x.push_back(layout.position(b));
            layer->y.push_back(static_cast<double>(isRight ? rightOnes : bin.count - rightOnes));
            if (scene.linked())
                layer->samples.add(scene.idsOf(samples.sorted, bin, isRight));
        }
    }
    f.layers = {std::move(right), std::move(wrong)};
    if (!layout.isRow())
        f.layers.push_back({.kind = LayerKind::Marks,
                            .name = "Means",
                            .role = "neutral",
                            .x = {100 * mean, 100 * accuracy},
                            .labels = {"mean confidence " + reporting::percentText(mean),
                                       "accuracy " + reporting::percentText(accuracy)}});
    if (scene.results().gallery)
        f.opens = kGallery;
    return f;
}

Figure temperatureFigure(const ReliabilityResults& r, int bins, const std::function<void()>& checkpoint)
{
    constexpr int kSteps = 25;
    constexpr double kTimes = 2.5; // farther away the error of a temperature is too large to see this one's
    const double least = std::min(1.0, r.temperature.value_or(1)) / kTimes;
    const double most = std::max(1.0, r.temperature.value_or(1)) * kTimes;
    const torch::Tensor rows = r.fitted.logical_not().nonzero().squeeze(1);
    const torch::Tensor logits = r.answers.logits.index_select(0, rows).to(torch::kFloat64);
    const torch::Tensor labels = r.answers.labels.index_select(0, rows);
    Figure f{.name = "temperature", .title = "Calibration over the temperature", .section = "Temperature"};
    f.caption = "Of the " + std::to_string(rows.size(0)) +
                " samples that no temperature was fitted on, ECE in " + std::to_string(bins) +
                " bins of equal width as the run was started with. A click sets the temperature.";
    f.x = {.label = "Temperature", .scale = AxisScale::Log, .sets = "temperature"};
    f.y = {.label = "ECE", .unit = "%", .low = 0};
    Layer line{.kind = LayerKind::Line, .name = "ECE", .role = "model:" + r.answers.model};
    for (int i = 0; i < kSteps; ++i) {
        checkpoint();
        const double t = least * std::pow(most / least, i / (kSteps - 1.0));
        const auto p = metrics::LabelledProbabilities::fromLogits(logits / t, labels);
        const metrics::SortedConfidences sorted(p.top().confidence, p.top().correct);
        line.x.push_back(t);
        line.y.push_back(100 * metrics::expectedCalibrationError(sorted.bins(Binning::EqualWidth, bins)));
        line.labels.push_back("NLL " + shortText(metrics::negativeLogLikelihood(p)));
    }
    f.layers = {std::move(line)};
    Layer marks{.kind = LayerKind::Marks,
                .name = "Temperatures",
                .role = "neutral",
                .x = {1},
                .labels = {"as given"}};
    if (r.temperature) {
        marks.x.push_back(*r.temperature);
        marks.labels.push_back("fitted");
    }
    f.layers.push_back(std::move(marks));
    return f;
}

} // namespace assay::confidence
