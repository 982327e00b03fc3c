#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/calibration_error.h"
#include "plugins/calibration/reliability_report.h"

#include <algorithm>
#include <cmath>

namespace assay::confidence {

ClassReliability classReliability(const ReliabilityScene& scene)
{
    ClassReliability classes;
    for (std::int64_t c = 0; c < scene.predictions().classes(); ++c)
        classes.sorted.push_back(scene.ofClass(c));
    return classes;
}

protocol::Figure classGapsFigure(const ReliabilityScene& scene, const ClassReliability& classes,
                                 metrics::Binning binning, int count)
{
    protocol::Figure f{.name = "class-gaps",
                       .title = "Gap of each class, bins of " + binningText(binning) + ", " +
                                scene.temperatureText(),
                       .section = "Classes",
                       .rateOf = "samples of the bin"};
    f.caption = "How much more often the class is the label than its probability says, in percent; below 0 "
                "the model is too sure of it. Empty bins have no colour. A click shows the class.";
    f.x = {.label = binning == metrics::Binning::EqualMass ? "Bin, by ascending probability"
                                                           : "Probability of the class up to, %",
           .scale = protocol::AxisScale::Category};
    for (int b = 0; b < count; ++b)
        f.x.categories.push_back(binning == metrics::Binning::EqualMass
                                     ? std::to_string(b + 1)
                                     : reporting::shortText(std::round(1000.0 * (b + 1) / count) / 10));
    f.y = {.label = "Class",
           .scale = protocol::AxisScale::Category,
           .categories = scene.answers().classes,
           .sets = "view_class"};
    protocol::Layer cells{.kind = protocol::LayerKind::Cells,
                          .rows = static_cast<std::uint32_t>(classes.sorted.size()),
                          .columns = static_cast<std::uint32_t>(count),
                          .colourMap = "diverging"};
    double largest = 5;
    for (const metrics::SortedConfidences& sorted : classes.sorted) {
        for (const metrics::ReliabilityBin& bin : sorted.bins(binning, count)) {
            const double gap = 100 * bin.gap();
            cells.z.push_back(gap);
            cells.count.push_back(static_cast<double>(bin.accuracy.count));
            cells.denominator.push_back(static_cast<double>(bin.count));
            if (scene.linked())
                cells.samples.add(scene.idsOf(&sorted, bin));
            if (!bin.empty())
                largest = std::max(largest, std::abs(gap));
        }
    }
    f.colour = {.label = "Frequency − probability", .unit = "%", .low = -largest, .high = largest};
    f.layers = {std::move(cells)};
    return f;
}

} // namespace assay::confidence
