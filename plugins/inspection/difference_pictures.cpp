#include "backend/engine/reporting/image_planes.h"
#include "backend/models/saliency.h"
#include "plugins/inspection/difference_report.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::inspection {

namespace {

constexpr std::int64_t kMostFilters = 512;
constexpr std::int64_t kMostInputs = 64; ///< of a filter
constexpr std::int64_t kSmallestSide = 48;
constexpr std::int64_t kMostChangedShown = 500;

/// Blue below 0, white at 0, red above: signed values in [-1,1], [n,h,w], as [n,3,h,w].
torch::Tensor signedColours(const torch::Tensor& values)
{
    const torch::Tensor v = values.to(torch::kFloat32).clamp(-1, 1).unsqueeze(1);
    const torch::Tensor red = torch::tensor({0.70F, 0.09F, 0.17F}).view({1, 3, 1, 1});
    const torch::Tensor blue = torch::tensor({0.13F, 0.40F, 0.67F}).view({1, 3, 1, 1});
    const torch::Tensor strength = v.abs();
    return (1 - strength) + strength * torch::where(v > 0, red, blue);
}

/// Weights of @p n units as planes [n,planes,h,w].
torch::Tensor planesOf(const torch::Tensor& weight, const models::InputSpec& input)
{
    const std::int64_t n = weight.size(0);
    const std::int64_t each = weight.numel() / n;
    if (weight.dim() == 4)
        return weight;
    if (weight.dim() == 2 && each == input.channels * input.height * input.width)
        return weight.reshape({n, input.channels, input.height, input.width});
    // Nothing is known of their order but that they have one: a square that is read like a page.
    const auto side = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(each))));
    const std::int64_t rows = (each + side - 1) / side;
    const torch::Tensor page = torch::zeros({n, rows * side}, weight.options());
    page.narrow(1, 0, each).copy_(weight.reshape({n, each}));
    return page.reshape({n, 1, rows, side});
}

/// Planes side by side in a square, a pixel apart: [n,h,w] with NaN between.
torch::Tensor tiled(const torch::Tensor& planes)
{
    const std::int64_t n = planes.size(0), count = planes.size(1), h = planes.size(2), w = planes.size(3);
    const auto across = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
    const std::int64_t down = (count + across - 1) / across;
    const torch::Tensor sheet =
        torch::full({n, down * (h + 1) - 1, across * (w + 1) - 1}, std::nan(""), planes.options());
    for (std::int64_t i = 0; i < count; ++i)
        sheet.narrow(1, i / across * (h + 1), h)
            .narrow(2, i % across * (w + 1), w)
            .copy_(planes.select(1, i));
    return sheet;
}

torch::Tensor filterPictures(const torch::Tensor& planes, double scale)
{
    const torch::Tensor sheet = tiled(planes);
    const torch::Tensor gaps = sheet.isnan().unsqueeze(1);
    const torch::Tensor coloured = signedColours(sheet.nan_to_num(0.0) / std::max(scale, 1e-30));
    const torch::Tensor picture = torch::where(gaps, torch::full({}, 0.6F), coloured);
    const std::int64_t side = std::max(sheet.size(1), sheet.size(2));
    const std::int64_t times = std::max<std::int64_t>(1, (kSmallestSide + side - 1) / side);
    return picture.repeat_interleave(times, 2).repeat_interleave(times, 3);
}

double largest(const torch::Tensor& values)
{
    return values.numel() > 0 ? values.abs().max().item<double>() : 0;
}

} // namespace

protocol::ImageGrid filtersGrid(const LayerPair& layer, const LayerChange& change,
                                const models::InputSpec& input)
{
    torch::Tensor units = torch::arange(layer.units(), torch::kInt64);
    if (layer.units() > kMostFilters)
        units = std::get<0>(std::get<1>(change.unitRelative.nan_to_num(0.0).topk(kMostFilters)).sort());
    const bool normalisation = layer.before[layer.weight].dim() < 2;
    const auto weights = [&](bool after) {
        const torch::Tensor& weight = (after ? layer.after : layer.before)[layer.weight];
        const torch::Tensor all =
            normalisation ? (after ? layer.rowsAfter() : layer.rowsBefore()) : weight.to(torch::kFloat64);
        return planesOf(all.index_select(0, units), input);
    };
    torch::Tensor before = weights(false), after = weights(true);
    protocol::ImageGrid grid{
        .name = "filters", .title = layer.name + ": its units", .section = "Units of a layer"};
    std::string note;
    if (before.size(1) > kMostInputs) {
        const torch::Tensor moved = (after - before).square().sum({0, 2, 3});
        const torch::Tensor shown = std::get<0>(std::get<1>(moved.topk(kMostInputs)).sort());
        before = before.index_select(1, shown);
        after = after.index_select(1, shown);
        note = " Of its inputs the " + std::to_string(kMostInputs) + " whose weights changed most.";
    }
    const torch::Tensor moved = after - before;
    const double scale = std::max(largest(before), largest(after));
    grid.caption = "The weights of each unit, its number under it: blue below 0, red above, a tile for each "
                   "input channel. Before and after have one scale, the difference has its own." +
                   note;
    reporting::fillPlanes(grid, units,
                          {{"before", filterPictures(before, scale)},
                           {"after", filterPictures(after, scale)},
                           {"difference", filterPictures(moved, largest(moved))}});
    protocol::ImageAttribute state{.name = "state",
                                   .title = "State",
                                   .values = unitStateNames(),
                                   .roles = {"neutral", "accent", "bad", "good"}};
    for (std::int64_t i = 0; i < units.numel(); ++i)
        state.codes.push_back(static_cast<std::int32_t>(
            change.states[static_cast<std::size_t>(units.data_ptr<std::int64_t>()[i])]));
    grid.attributes.push_back(std::move(state));
    return grid;
}

protocol::ImageGrid changedGrid(const DifferenceResults& r, const models::Model& before,
                                const models::Model& after)
{
    torch::Tensor rows = r.changedRows();
    const torch::Tensor& x = r.images.x;
    const auto fit = static_cast<std::int64_t>(reporting::imagesThatFit(3, x.size(2), x.size(3), 3));
    rows = rows.narrow(0, 0, std::min({rows.numel(), fit, kMostChangedShown}));
    const reporting::TestImages shown = r.images.select(rows);
    const torch::Tensor pixels = shown.x.cpu();
    const torch::Tensor given[] = {r.predictedBefore.index_select(0, rows),
                                   r.predictedAfter.index_select(0, rows)};
    protocol::ImageGrid grid{.name = "changed-predictions",
                             .title = "Images that are given another class",
                             .caption = "Orange: what speaks for the class that the model gives (Grad-CAM).",
                             .section = "Predictions"};
    std::vector<reporting::ImagePlane> planes = {{"image", reporting::asColour(pixels)}};
    if (models::lastSpatialTap(before, shown.x) && models::lastSpatialTap(after, shown.x)) {
        planes.push_back({"saliency before",
                          reporting::saliencyOverlay(pixels, models::gradCam(before, shown.x, given[0]))});
        planes.push_back({"saliency after",
                          reporting::saliencyOverlay(pixels, models::gradCam(after, shown.x, given[1]))});
    } else {
        grid.caption.clear();
    }
    reporting::fillPlanes(grid, shown.ids, planes);
    grid.attributes = {reporting::classesOf("label", "True class", r.classes, shown.y),
                       reporting::classesOf("before", "Before", r.classes, given[0]),
                       reporting::classesOf("after", "After", r.classes, given[1])};
    for (std::int64_t i = 0; i < rows.numel(); ++i) {
        const std::int64_t row = rows.data_ptr<std::int64_t>()[i];
        grid.notes.push_back("before: " + reporting::likelyClasses(r.probabilitiesBefore[row], r.classes) +
                             "; after: " + reporting::likelyClasses(r.probabilitiesAfter[row], r.classes));
    }
    return grid;
}

} // namespace assay::inspection
