#include "plugins/transfer/class_aware_gallery.h"

#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/grid_parts.h"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace assay::transfer {

namespace {

protocol::ImageAttribute outcomeAttribute(const torch::Tensor& codes)
{
    protocol::ImageAttribute attribute{
        .name = "outcome",
        .title = "Outcome",
        .values = {name(Outcome::Unfooled), name(Outcome::Different), name(Outcome::Same)},
        .roles = {"unfooled", "different", "same"}};
    const auto* data = codes.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < codes.numel(); ++i)
        attribute.codes.push_back(
            static_cast<std::int32_t>(data[i] - static_cast<std::int64_t>(Outcome::Unfooled)));
    return attribute;
}

} // namespace

std::vector<std::int64_t> balancedChoice(const torch::Tensor& outcomes, std::size_t most)
{
    std::array<std::vector<std::int64_t>, 4> members;
    const auto* code = outcomes.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < outcomes.numel(); ++i)
        members[static_cast<std::size_t>(code[i])].push_back(i);
    members[0].clear(); // no AEs
    std::ranges::sort(members, {}, [](const auto& m) { return m.size(); });
    // Smallest group first: what it cannot fill of its share is divided over the larger ones.
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 1; i < members.size(); ++i) {
        const std::size_t share = (most - chosen.size()) / (members.size() - i);
        const std::size_t take = std::min(share, members[i].size());
        chosen.insert(chosen.end(), members[i].begin(),
                      members[i].begin() + static_cast<std::ptrdiff_t>(take));
    }
    std::ranges::sort(chosen);
    return chosen;
}

protocol::ImageGrid exampleGrid(const ClassAwareResults& r, const View& view,
                                const torch::Tensor& adversarial)
{
    const std::string &source = r.sources[view.source], &target = r.targets[view.target];
    protocol::ImageGrid grid{
        .name = "examples", .title = "Adversarial images: " + source + " → " + target, .section = "Images"};
    const torch::Tensor codes = r.outcomes(view.source, view.target, view.eps);
    const std::size_t fits = reporting::imagesThatFit(r.clean.size(1), r.clean.size(2), r.clean.size(3), 3);
    const std::vector<std::int64_t> chosen = balancedChoice(codes, std::min(kGalleryImages, fits));
    const torch::Tensor index = torch::tensor(chosen, torch::kInt64);
    const auto pick = [&](const torch::Tensor& of) { return of.index_select(0, index).contiguous(); };
    fillTriples(grid, pick(r.ids), pick(r.clean), pick(adversarial), "adversarial");
    const EpsResult& e = r.perSource[view.source].eps[view.eps];
    grid.attributes = {
        reporting::classesOf("label", "True class", r.classes, pick(r.y)),
        reporting::classesOf("source", "Predicted by " + source, r.classes, pick(e.y1)),
        reporting::classesOf("target", "Predicted by " + target, r.classes, pick(e.y2[view.target])),
        outcomeAttribute(pick(codes))};
    grid.caption = std::to_string(chosen.size()) + " of the adversarial images that fool " + source +
                   " at ε = " + reporting::shortText(r.eps[view.eps]) +
                   ", evenly from the three outcomes as far as there are enough: "
                   "counts here say nothing about rates.";
    return grid;
}

} // namespace assay::transfer
