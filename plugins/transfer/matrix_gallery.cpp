#include "backend/engine/reporting/image_planes.h"
#include "plugins/transfer/matrix_report.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::transfer {

namespace {

protocol::ImageAttribute cellOutcome(const CellMasks& m, std::int64_t shown)
{
    protocol::ImageAttribute attribute{
        .name = "outcome",
        .title = "Outcome",
        .values = {"not counted", "no success", "source not fooled", "different mistake", "same mistake"},
        .roles = {"neutral", "unfooled", "neutral", "different", "same"}};
    const torch::Tensor codes = m.counted.to(torch::kInt32) + m.success.to(torch::kInt32) +
                                m.different.to(torch::kInt32) + 2 * m.same.to(torch::kInt32);
    const torch::Tensor flat = codes.narrow(0, 0, shown).contiguous();
    attribute.codes.assign(flat.data_ptr<std::int32_t>(), flat.data_ptr<std::int32_t>() + shown);
    return attribute;
}

} // namespace

protocol::ImageGrid cellGrid(const MatrixResults& r, const MatrixView& view, const torch::Tensor& adversarial)
{
    const std::string &source = r.sources[view.source], &target = r.targets[view.target];
    const auto row = static_cast<std::int64_t>(view.target);
    const MatrixSet& set = r.set(view.source, view.attack, view.eps);
    const auto fits = static_cast<std::int64_t>(
        reporting::imagesThatFit(r.clean.size(1), r.clean.size(2), r.clean.size(3), 3));
    const std::int64_t shown = std::min(r.clean.size(0), fits);
    const auto front = [&](const torch::Tensor& of) { return of.narrow(0, 0, shown).contiguous(); };
    protocol::ImageGrid grid{.name = "cell", .title = cellText(r, view), .section = "Images"};
    grid.caption = "The first " + std::to_string(shown) +
                   " attacked images. What both models say, with probabilities, stands on each image.";
    const torch::Tensor clean = front(r.clean).to(torch::kFloat32) / 255;
    reporting::fillPlanes(grid, front(r.ids),
                          {{"clean", clean},
                           {"adversarial", front(adversarial)},
                           {"difference ×10", reporting::amplifiedDifference(front(adversarial), clean)}});
    grid.attributes = {reporting::classesOf("label", "True class", r.classes, front(r.y)),
                       reporting::classesOf("source", source + " says", r.classes, front(set.source)),
                       reporting::classesOf("target", target + " says", r.classes, front(set.target[row])),
                       cellOutcome(cellMasks(r, view), shown)};
    if (r.targeted())
        grid.attributes.push_back(reporting::classesOf("aim", "Aimed class", r.classes, front(r.aim)));
    for (std::int64_t i = 0; i < shown; ++i)
        grid.notes.push_back(source + ": " + reporting::likelyClasses(set.sourceProbabilities[i], r.classes) +
                             "\n" + target + ": " +
                             reporting::likelyClasses(set.targetProbabilities[row][i], r.classes));
    return grid;
}

} // namespace assay::transfer
