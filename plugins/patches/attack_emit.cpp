#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/patches/attack_run.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::patches {

namespace {

/// The least side at which a patch is shown in the gallery.
constexpr std::int64_t kShownSide = 64;
constexpr std::int64_t kMostExamples = 60;
constexpr std::int64_t kMostSamples = 200;

/// Each pixel repeated until it can be seen.
torch::Tensor enlarged(const torch::Tensor& patch)
{
    const std::int64_t times = std::max<std::int64_t>(1, kShownSide / std::max(patch.size(1), patch.size(2)));
    return patch.repeat_interleave(times, 1).repeat_interleave(times, 2);
}

std::vector<std::int64_t> idsOfSamples(const torch::Tensor& ids)
{
    const torch::Tensor flat = ids.contiguous();
    const std::int64_t count = std::min(flat.numel(), kMostSamples);
    return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + count};
}

torch::Tensor mapOf(const PatchGridOfRates& grid, std::int64_t side)
{
    torch::Tensor map = torch::empty({side, side});
    for (std::int64_t i = 0; i < side * side; ++i)
        map[i / side][i % side] = static_cast<float>(grid.rates[static_cast<std::size_t>(i)].value);
    return map;
}

} // namespace

std::string patchArtifact(const std::string& viewPatch)
{
    return viewPatch == "random" ? "random-patch" : viewPatch == "kept" ? "further-patch" : "patch";
}

void AttackRun::emitSnapshot(std::int64_t step, const torch::Tensor& patch, bool first)
{
    const torch::Tensor pixels = patch.detach().cpu();
    protocol::ImageGrid grid{
        .name = "growth", .title = "The patch while it is trained", .section = "Training", .append = !first};
    grid.caption = "After so many steps of the first try: the number under each picture.";
    const torch::Tensor shown = pixels * m_mask + 0.5 * (1 - m_mask);
    reporting::fillPlanes(grid, torch::full({1}, step, torch::kInt64),
                          {{"patch", enlarged(shown).unsqueeze(0)}});
    grid.notes = {"after " + std::to_string(step) + " steps"};
    m_context.images(std::move(grid));

    const attacks::Patch now{.name = "trained", .pixels = pixels, .mask = m_mask};
    m_context.scene(attackScene({.subjects = m_subjects,
                                 .classes = m_dataset->info().classes,
                                 .image = m_test.front(1),
                                 .patch = &now,
                                 .artifact = patchArtifact("trained"),
                                 .place = {.size = m_params.patchSize},
                                 .target = m_target,
                                 .samples = idsOfSamples(m_test.ids)}));
}

void AttackRun::emitScene()
{
    const std::vector<std::int64_t> ids = idsOfSamples(m_test.ids);
    engine::TensorMap view = {{"samples", m_test.ids.narrow(0, 0, std::int64_t(ids.size())).contiguous()}};
    // Success by place belongs to the image only where places are the image's.
    if (!onObjects())
        view["success_by_place"] = mapOf(m_results.byPlace.front(), m_results.gridSide);
    m_context.artifact("view", view);
    AttackParams shown = m_params;
    shown.sample = static_cast<int>(shownSample(m_params, ids));
    const auto row = std::ranges::find(ids, std::int64_t(shown.sample)) - ids.begin();
    PatchImages image = m_test.front(row + 1);
    image = {.ids = image.ids.narrow(0, row, 1),
             .x = image.x.narrow(0, row, 1),
             .y = image.y.narrow(0, row, 1),
             .truths = image.truths.empty()
                           ? image.truths
                           : std::vector<std::vector<metrics::Rectangle>>{image.truths.back()}};
    const bool none = m_params.viewPatch == "none";
    const std::size_t which = m_params.viewPatch == "random"                         ? 1
                              : m_params.viewPatch == "kept" && m_patches.size() > 2 ? 2
                                                                                     : 0;
    m_context.scene(
        attackScene({.subjects = m_subjects,
                     .classes = m_dataset->info().classes,
                     .image = image,
                     .patch = none ? nullptr : &m_patches[which].patch,
                     .artifact = patchArtifact(which == 1   ? "random"
                                               : which == 2 ? "kept"
                                                            : "trained"),
                     .place = shownPlace(m_params),
                     .target = m_target,
                     .samples = ids,
                     .successByPlace = onObjects() ? torch::Tensor()
                                                   : mapOf(m_results.byPlace.front(), m_results.gridSide)}));
}

void AttackRun::emitExamples()
{
    const auto fitting = static_cast<std::int64_t>(
        reporting::imagesThatFit(m_test.x.size(1), m_test.x.size(2), m_test.x.size(3), 1 + m_patches.size()));
    const PatchImages images = m_test.front(std::min(kMostExamples, fitting));
    if (images.size() == 0)
        return;
    protocol::ImageGrid grid{.name = "examples", .title = "Test images with patches", .section = "Success"};
    grid.caption = "At the size it was trained for, placed by the rule of training.";
    std::vector<reporting::ImagePlane> planes = {{"clean", images.x.cpu()}};
    Answers trained;
    for (const Judged& judged : m_patches) {
        const attacks::PatchPlaces places = rulePlaces(images, m_params.size, judged.patch);
        const torch::Tensor pixels = judged.patch.pixels.to(images.x.device());
        planes.push_back(
            {judged.name,
             attacks::applyPatch(images.x, pixels, judged.patch.mask.to(images.x.device()), places).cpu()});
        if (judged.name == "trained")
            trained = answersOf(m_subjects.front(), images.x, &judged.patch, places);
    }
    reporting::fillPlanes(grid, images.ids, planes);
    if (!m_results.detectors) {
        const std::vector<std::string>& classes = m_dataset->info().classes;
        grid.attributes = {
            reporting::classesOf("label", "True class", classes, images.y),
            reporting::classesOf("predicted", "With the trained patch", classes, trained.predicted)};
    }
    m_context.images(std::move(grid));
}

void AttackRun::emitReport()
{
    m_context.figure(valueByPatchFigure(m_results));
    m_context.figure(valueBySizeFigure(m_results));
    m_context.figure(successByPlaceFigure(m_results));
    m_context.figure(successByTurnFigure(m_results));
    m_context.figure(trainingFigure(m_results));
    m_context.table(successTable(m_results));
    m_context.table(placesTable(m_results));
    m_context.table(turnsTable(m_results));
    emitExamples();
    emitScene();
    for (protocol::Metric& metric : attackMetrics(m_results))
        m_context.metric(std::move(metric));
}

} // namespace assay::patches
