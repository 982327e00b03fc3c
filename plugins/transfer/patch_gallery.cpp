#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/patch_report.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::transfer {

namespace {

/// Generations shown at most, about.
constexpr std::size_t kMostFrames = 40;
/// How much of a dropped patch the tint covers.
constexpr double kTintOpacity = 0.7;

/// float32 [n,3,H,W]: images whose dropped patches are orange. Black, as the attack sees them, they could not
/// be told from a black background.
/// @param dropped [n, genes], 1: dropped.
torch::Tensor tinted(const torch::Tensor& images, const torch::Tensor& dropped,
                     const attacks::PatchGrid& grid)
{
    const torch::Tensor shown = images.size(1) >= 3 ? images.narrow(1, 0, 3) : images.narrow(1, 0, 1);
    // Pixels of no patch are never dropped; pixelMasks() fills them with 1.
    const torch::Tensor cover =
        kTintOpacity * (1 - attacks::pixelMasks(1 - dropped.to(torch::kFloat32), grid));
    const torch::Tensor tint = torch::tensor({0.90F, 0.45F, 0.05F}).reshape({1, 3, 1, 1});
    return shown * (1 - cover) + tint * cover;
}

torch::Tensor asColour(const torch::Tensor& images)
{
    const torch::Tensor values = images.to(torch::kFloat32);
    return values.size(1) >= 3 ? values.narrow(1, 0, 3) : values.narrow(1, 0, 1).expand({-1, 3, -1, -1});
}

std::string generationText(const MaskFilm& film, std::size_t generation, std::int64_t image)
{
    const torch::Tensor fitness = film.fitness[generation][image];
    return "Generation " + std::to_string(generation) + " of " + std::to_string(film.best.size() - 1) +
           ": F of the best mask " + reporting::shortText(fitness[0].item<double>()) + ", mean " +
           reporting::shortText(fitness[1].item<double>());
}

/// Position in the pool of every image of the film, which is its front.
torch::Tensor fooledTargets(const PatchResults& r, const PatchMethod& method, std::int64_t shown)
{
    std::vector<torch::Tensor> rows;
    for (std::size_t m = 0; m < r.models.size(); ++m)
        if (r.models[m].role == PatchRole::Target)
            rows.push_back(method.success[static_cast<std::int64_t>(m)].narrow(0, 0, shown));
    return torch::stack(rows);
}

std::string fooledNames(const PatchResults& r, const torch::Tensor& fooled, std::int64_t image)
{
    std::string names;
    std::int64_t row = 0;
    for (const PatchModel& model : r.models) {
        if (model.role != PatchRole::Target)
            continue;
        if (fooled[row++][image].item<bool>())
            names += (names.empty() ? "" : ", ") + model.name;
    }
    return names.empty() ? "none" : names;
}

/// What became of the images at a radius, once all methods are done there.
void addOutcomes(protocol::ImageGrid& grid, const PatchResults& r, const std::vector<PatchMethod>& methods,
                 std::int64_t shown)
{
    const torch::Tensor without = fooledTargets(r, methods.front(), shown);
    const torch::Tensor with = fooledTargets(r, methods.back(), shown);
    const torch::Tensor gain = (with.sum(0) - without.sum(0)).sign() + 1;
    protocol::ImageAttribute attribute{.name = "gain",
                                       .title = "Masks fool",
                                       .values = {"fewer targets", "as many targets", "more targets"},
                                       .roles = {"unfooled", "neutral", "accent"}};
    for (std::int64_t i = 0; i < shown; ++i) {
        attribute.codes.push_back(static_cast<std::int32_t>(gain[i].item<std::int64_t>()));
        grid.notes[static_cast<std::size_t>(i)] +=
            "\nFooled targets without masks: " + fooledNames(r, without, i) +
            "\nFooled targets with learned masks: " + fooledNames(r, with, i);
    }
    grid.attributes.push_back(std::move(attribute));
}

} // namespace

protocol::ImageGrid maskGrid(const PatchResults& r, const MaskFilm& film, const PatchView& view)
{
    const std::size_t g = view.generation;
    const std::int64_t shown = film.ids.size(0);
    protocol::ImageGrid grid{.name = "masks", .section = "Search"};
    grid.title = "Masks of generation " + std::to_string(g);
    grid.caption = "The best mask of each image (patches that the attack blackens are orange), and how often "
                   "the population of the generation drops each patch (the stronger, the more often).";
    std::vector<reporting::ImagePlane> planes = {
        {"clean", asColour(film.clean)},
        {"best mask", tinted(film.clean, 1 - film.best[g], r.grid)},
        {"dropped how often", tinted(film.clean, film.dropped[g], r.grid)}};
    if (view.eps < film.learned.size()) {
        const torch::Tensor with = film.learned[view.eps].narrow(0, 0, shown);
        grid.title += ", attack at " + r.at(view.eps);
        planes.push_back({"attacked without masks", asColour(film.unmasked[view.eps].narrow(0, 0, shown))});
        planes.push_back({"attacked with masks", asColour(with)});
        planes.push_back({"difference ×10", asColour(reporting::amplifiedDifference(with, film.clean))});
    }
    reporting::fillPlanes(grid, film.ids, planes);
    for (std::int64_t i = 0; i < shown; ++i)
        grid.notes.push_back(generationText(film, g, i));
    if (view.eps < r.byEps.size())
        addOutcomes(grid, r, r.byEps[view.eps], shown);
    return grid;
}

protocol::ImageGrid evolutionGrid(const PatchResults& r, const MaskFilm& film, const PatchView& view)
{
    const std::int64_t i = view.image;
    protocol::ImageGrid grid{.name = "evolution", .section = "Search"};
    grid.title = "Test image " + std::to_string(film.ids[i].item<std::int64_t>()) + " over the generations";
    grid.caption =
        "The best mask of one image after each generation, and how often its population drops each "
        "patch. The tooltip says how good the masks are.";
    protocol::ImageAttribute generation{.name = "generation", .title = "Generation"};
    // Of a long search every few generations, and the last.
    const std::size_t stride = 1 + film.best.size() / kMostFrames;
    std::vector<torch::Tensor> best, dropped;
    for (std::size_t g = 0; g < film.best.size(); ++g) {
        if (g % stride != 0 && g + 1 != film.best.size())
            continue;
        best.push_back(film.best[g][i]);
        dropped.push_back(film.dropped[g][i]);
        generation.codes.push_back(static_cast<std::int32_t>(generation.values.size()));
        generation.values.push_back("generation " + std::to_string(g));
        grid.notes.push_back(generationText(film, g, i));
    }
    const auto frames = static_cast<std::int64_t>(best.size());
    const torch::Tensor clean = film.clean.narrow(0, i, 1).expand({frames, -1, -1, -1});
    reporting::fillPlanes(grid, film.ids.narrow(0, i, 1).expand({frames}),
                          {{"best mask", tinted(clean, 1 - torch::stack(best), r.grid)},
                           {"dropped how often", tinted(clean, torch::stack(dropped), r.grid)}});
    grid.attributes = {std::move(generation)};
    return grid;
}

} // namespace assay::transfer
