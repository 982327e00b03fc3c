#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/class_aware_figures.h"

#include <torch/types.h>

namespace assay::transfer {

using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

/// @param firstRow 0 for the probabilities under the source, 3 for those under the target.
Figure pathFigure(const ClassAwareResults& r, const View& view, std::int64_t firstRow)
{
    const torch::Tensor& path = r.perSource[view.source].eps[view.eps].paths[view.target];
    const std::string &source = r.sources[view.source], &target = r.targets[view.target];
    const bool ofSource = firstRow == 0;
    Figure f{.name = ofSource ? "source-path" : "target-path",
             .title = "Along the attack, seen by " + (ofSource ? source : target),
             .section = "Images"};
    f.caption =
        "Mean probability of the true class, of the wrong class the source ends in and of the class the "
        "target ends in, before the attack and after each of its steps at ε = " +
        reporting::shortText(r.eps[view.eps]) + ". Averaged over the first images of the pool that fool " +
        source + "; where the mistake is the same, the two latter classes are one.";
    f.x = {.label = "Attack step", .low = 0};
    f.y = {.label = "Mean probability", .low = 0, .high = 1};
    const std::pair<std::string, std::string> lines[] = {
        {"true class", "unfooled"}, {"class of " + source, "same"}, {"class of " + target, "different"}};
    for (std::int64_t i = 0; i < 3; ++i) {
        Layer line;
        line.kind = LayerKind::Line;
        line.name = lines[i].first;
        line.role = lines[i].second;
        const auto row = path[firstRow + i].contiguous();
        line.y.assign(row.data_ptr<double>(), row.data_ptr<double>() + row.numel());
        for (std::size_t step = 0; step < line.y.size(); ++step)
            line.x.push_back(static_cast<double>(step));
        f.layers.push_back(std::move(line));
    }
    return f;
}

} // namespace

Figure sourcePathFigure(const ClassAwareResults& r, const View& view)
{
    return pathFigure(r, view, 0);
}

Figure targetPathFigure(const ClassAwareResults& r, const View& view)
{
    return pathFigure(r, view, 3);
}

} // namespace assay::transfer
