#include "plugins/patches/attack_run.h"

#include "backend/attacks/patch/location_search.h"
#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::patches {

namespace {

constexpr std::uint64_t kJudgeStream = 71;
constexpr std::int64_t kSearchImages = 60;
/// Pictures of the patch while it is trained, about.
constexpr std::int64_t kSnapshots = 16;

attacks::PatchTransforms transformsOf(const AttackParams& p)
{
    return {.left = p.place == "region" ? p.left : 0,
            .right = p.place == "region" ? p.right : 1,
            .top = p.place == "region" ? p.top : 0,
            .bottom = p.place == "region" ? p.bottom : 1,
            .sizeLow = p.size * (1 - p.scale),
            .sizeHigh = p.size * (1 + p.scale),
            .angle = p.angle,
            .offset = p.offset,
            .contrastLow = 1 - p.contrast,
            .contrastHigh = 1 + p.contrast,
            .brightness = p.brightness,
            .noise = p.noise};
}

} // namespace

AttackRun::AttackRun(engine::RunContext& context, AttackParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.sizes);
    reporting::sortUnique(m_params.angles);
    if (std::ranges::find(m_params.sizes, m_params.size) == m_params.sizes.end()) {
        m_params.sizes.push_back(m_params.size);
        std::ranges::sort(m_params.sizes);
    }
}

void AttackRun::execute()
{
    // Everything is handed out in chunks, often: LibTorch's own threads stay off all the while.
    const models::SingleThread guard;
    openInputs();
    train();
    judge();
    mapPlaces();
    mapTurns();
    emitReport();
}

void AttackRun::openInputs()
{
    m_dataset = m_context.dataset(m_params.dataset);
    const data::DatasetInfo& info = m_dataset->info();
    m_subjects = openSubjects(m_context, m_params.models, info, m_params.hide);
    const Subject& first = m_subjects.front();
    if (onObjects() && !first.detector)
        throw Error("classifiers have no objects to lay a patch on", "place", "Choose another place");
    if (m_params.left > m_params.right || m_params.top > m_params.bottom)
        throw Error(
            "the region's left edge lies right of its right one, or its upper edge below its lower one",
            "left, right, top, bottom");
    if (!m_params.target.empty())
        m_target = classCalled(first.detector ? first.model->card().classes : info.classes, m_params.target,
                               "target");
    m_train = drawPatchImages(m_context, *m_dataset, data::Split::Train, m_params.trainCount, first);
    m_test = drawPatchImages(m_context, *m_dataset, data::Split::Test, m_params.count, first);

    for (const Subject& subject : m_subjects)
        m_results.models.push_back(subject.name);
    m_results.detectors = first.detector != nullptr;
    m_results.aim = first.detector ? "not found any more"
                    : m_target     ? "taken for " + info.classes[static_cast<std::size_t>(*m_target)]
                                   : "misclassified";
    m_results.size = m_params.size;
    m_results.placement = m_params.place;
    m_results.sizes = m_params.sizes;
    m_results.angles = m_params.angles;
    m_results.gridSide = m_params.gridSide;
    m_results.mapImages = std::min<std::int64_t>(m_params.mapCount, m_test.size());
    m_results.variationWeight = m_params.variation;
    m_results.printWeight = m_params.nonPrintable;
}

attacks::PatchTraining AttackRun::training() const
{
    const std::int64_t shorter = std::min(m_train.x.size(2), m_train.x.size(3));
    const auto covered = static_cast<std::int64_t>(std::lround(m_params.size * double(shorter)));
    // On objects the image's side says nothing of the patch's: half of it is enough for any box.
    const std::int64_t own =
        std::max<std::int64_t>(onObjects() ? std::min<std::int64_t>(covered, shorter / 2) : covered, 2);
    const std::int64_t side = m_params.pixels > 0 ? m_params.pixels : own;
    attacks::PatchTraining how{.channels = m_train.x.size(1), .height = side, .width = side};
    if (m_params.shapeFrom.empty()) {
        how.mask = attacks::patchMask(m_params.shape, side, side);
    } else {
        const attacks::Patch shape = m_context.patch(m_params.shapeFrom);
        how.mask = shape.mask.gt(0).to(torch::kFloat32);
        how.height = shape.mask.size(1);
        how.width = shape.mask.size(2);
    }
    how.step = m_params.step == "sign" ? attacks::PatchStep::Sign : attacks::PatchStep::Adam;
    how.rate = m_params.rate;
    how.steps = m_params.steps;
    how.batch = m_params.batch;
    how.variation = m_params.variation;
    how.nonPrintable = m_params.nonPrintable;
    how.transforms = transformsOf(m_params);
    how.restarts = m_params.restarts;
    how.seed = m_context.seed();
    return how;
}

std::unique_ptr<const attacks::PatchObjective> AttackRun::objective() const
{
    const Subject& first = m_subjects.front();
    if (!first.detector)
        return attacks::classifierObjective(first.model, attacks::classifierLossFromName(m_params.loss),
                                            m_target);
    attacks::DetectorLoss loss{.of = attacks::detectorLossFromName(m_params.detectorLoss),
                               .classes = {first.category},
                               .target = m_target};
    for (const std::string& name : m_params.alsoHide)
        loss.classes.push_back(classCalled(first.model->card().classes, name, "also_hide"));
    return attacks::detectorObjective(first.detector, loss);
}

void AttackRun::train()
{
    const attacks::PatchTraining how = training();
    m_mask = how.mask;
    openFurtherPatches();
    const std::int64_t every = std::max<std::int64_t>(1, how.steps / kSnapshots);
    const attacks::PatchHooks hooks{.checkpoint = [this] { m_context.checkpoint(); },
                                    .progress =
                                        [this](std::int64_t done, std::int64_t total) {
                                            m_context.progress(double(done), double(total),
                                                               "Training the patch");
                                        },
                                    .step =
                                        [&](int restart, std::int64_t step, const torch::Tensor& patch) {
                                            // Of the first try: each snapshot costs a copy to the host,
                                            // however many steps there are.
                                            if (restart == 0 && (step % every == 0 || step == how.steps))
                                                emitSnapshot(step, patch, step == 0);
                                        }};
    const attacks::TrainedPatch trained = attacks::trainPatch(
        *objective(), m_train.x, m_train.y, onObjects() ? m_train.boxes : torch::Tensor(), how, hooks);
    m_results.history = trained.history;
    attacks::Patch random{.name = "random",
                          .pixels = attacks::randomPatch(how.channels, how.height, how.width, how.seed),
                          .mask = m_mask};
    attacks::Patch made{.name = "trained", .pixels = trained.patch.cpu(), .mask = m_mask};
    m_patches.insert(m_patches.begin(), {{"trained", std::move(made)}, {"random", std::move(random)}});
    keepArtifacts();
}

void AttackRun::openFurtherPatches()
{
    for (const std::string& name : m_params.patches) {
        attacks::Patch patch = attacks::withChannels(m_context.patch(name), m_train.x.size(1));
        const bool taken =
            patch.name == "trained" || patch.name == "random" || patch.name == "none" ||
            std::ranges::any_of(m_patches, [&](const Judged& j) { return j.name == patch.name; });
        if (taken)
            throw Error("two patches would be called '" + patch.name + "'", "patches",
                        "Keep one of them under another name");
        m_patches.push_back({patch.name, std::move(patch)});
    }
}

void AttackRun::keepArtifacts()
{
    const auto keep = [&](const std::string& artifact, const attacks::Patch& patch) {
        m_context.artifact(artifact, {{"patch", patch.pixels}, {"mask", patch.mask}});
    };
    const attacks::Patch& trained = m_patches[0].patch;
    keep(patchArtifact("trained"), trained);
    keep(patchArtifact("random"), m_patches[1].patch);
    if (m_patches.size() > 2)
        keep(patchArtifact("kept"), m_patches[2].patch);
    const std::vector<std::uint8_t> png = attacks::patchPng(trained.pixels, trained.mask);
    m_context.file("patch.png", {reinterpret_cast<const char*>(png.data()), png.size()});
}

attacks::PatchPlaces AttackRun::rulePlaces(const PatchImages& images, double size,
                                           const attacks::Patch& patch) const
{
    attacks::PatchTransforms t = transformsOf(m_params);
    t.sizeLow = t.sizeHigh = size;
    const attacks::RandomStreams streams(m_context.seed(), kJudgeStream);
    return attacks::drawTransforms(t, streams, images.ids.to(images.x.device()), 0, images.x.sizes(),
                                   patch.pixels.sizes(), onObjects() ? images.boxes : torch::Tensor())
        .places;
}

attacks::PatchPlaces AttackRun::placesAt(const PatchImages& images, double x, double y, double size,
                                         double angle, const attacks::Patch& patch) const
{
    if (!onObjects())
        return attacks::placesOf({.x = x, .y = y, .size = size, .angle = angle}, images.size(),
                                 images.x.size(2), images.x.size(3), patch.pixels.size(1),
                                 patch.pixels.size(2), images.x.device());
    const torch::Tensor width = images.boxes.select(2, 2), height = images.boxes.select(2, 3);
    attacks::PatchPlaces places;
    places.x = images.boxes.select(2, 0) + width * x;
    places.y = images.boxes.select(2, 1) + height * y;
    places.width = (width.square() + height.square()).sqrt() * size;
    places.height = places.width * (double(patch.pixels.size(1)) / double(patch.pixels.size(2)));
    places.angle = torch::full_like(width, angle);
    return places;
}

void AttackRun::addRow(const Judged& judged, std::size_t model, double size, const std::string& placement,
                       const attacks::PatchPlaces& places, const Answers& without)
{
    m_context.checkpoint();
    const Answers with = answersOf(m_subjects[model], m_test.x, &judged.patch, places);
    PatchRow row{.model = model, .patch = judged.name, .size = size, .placement = placement};
    row.effect = effectOf(m_subjects[model], m_test, without, with, m_target);
    if (!m_subjects[model].detector)
        row.fooled = m_test.ids.index({fooledRows(m_test, without, with, m_target)});
    m_results.rows.push_back(std::move(row));
}

void AttackRun::judgePatch(const Judged& judged, std::size_t model, const Answers& without)
{
    for (const double size : m_params.sizes)
        addRow(judged, model, size, m_params.place, rulePlaces(m_test, size, judged.patch), without);
    addRow(judged, model, m_params.size, "centre", placesAt(m_test, 0.5, 0.5, m_params.size, 0, judged.patch),
           without);
    if (m_subjects[model].detector)
        return;
    // The place where the first model is least sure of the true class, found on training images.
    const std::vector<attacks::PatchPlace> grid =
        attacks::gridOfPlaces(m_params.gridSide, m_params.gridSide, m_params.size);
    const PatchImages searched = m_train.front(kSearchImages);
    const attacks::AnswersByPlace answers =
        attacks::answersByPlace(*m_subjects.front().model, searched.x, searched.y, judged.patch.pixels,
                                judged.patch.mask, grid, {.checkpoint = [this] { m_context.checkpoint(); }});
    const attacks::PatchPlace best = grid[attacks::bestPlace(answers)];
    addRow(judged, model, m_params.size, "searched",
           placesAt(m_test, best.x, best.y, m_params.size, 0, judged.patch), without);
}

void AttackRun::judge()
{
    const auto total = double(m_subjects.size() * m_patches.size());
    for (std::size_t m = 0; m < m_subjects.size(); ++m) {
        m_clean.push_back(answersOf(m_subjects[m], m_test.x, nullptr, {}));
        PatchRow row{.model = m, .patch = "none", .placement = "none"};
        row.effect = effectOf(m_subjects[m], m_test, m_clean[m], m_clean[m], m_target);
        m_results.rows.push_back(std::move(row));
        for (std::size_t p = 0; p < m_patches.size(); ++p) {
            m_context.progress(double(m * m_patches.size() + p), total, "Showing patches to the models");
            judgePatch(m_patches[p], m, m_clean[m]);
        }
        m_context.table(successTable(m_results));
        m_context.figure(valueByPatchFigure(m_results));
    }
}

PatchGridOfRates AttackRun::ratesAt(const Judged& judged, const Answers& without, const PatchImages& images,
                                    const std::vector<attacks::PatchPlace>& places, const std::string& stage)
{
    PatchGridOfRates grid{.patch = judged.name};
    for (const attacks::PatchPlace& p : places) {
        m_context.checkpoint();
        m_context.progress(double(grid.rates.size()), double(places.size()), stage);
        const Answers with = answersOf(m_subjects.front(), images.x, &judged.patch,
                                       placesAt(images, p.x, p.y, p.size, p.angle, judged.patch));
        grid.rates.push_back(successOf(m_subjects.front(), images, without, with, m_target));
    }
    return grid;
}

void AttackRun::mapPlaces()
{
    const PatchImages images = m_test.front(m_params.mapCount);
    const Answers without = answersOf(m_subjects.front(), images.x, nullptr, {});
    std::vector<attacks::PatchPlace> places =
        attacks::gridOfPlaces(m_params.gridSide, m_params.gridSide, m_params.size);
    if (onObjects())
        for (attacks::PatchPlace& place : places) {
            place.x = 2 * place.x - 0.5;
            place.y = 2 * place.y - 0.5;
        }
    for (const Judged& judged : m_patches)
        m_results.byPlace.push_back(
            ratesAt(judged, without, images, places, "Success by place, " + judged.name + " patch"));
}

void AttackRun::mapTurns()
{
    const PatchImages images = m_test.front(m_params.mapCount);
    const Answers without = answersOf(m_subjects.front(), images.x, nullptr, {});
    std::vector<attacks::PatchPlace> places;
    for (const double size : m_params.sizes)
        for (const double angle : m_params.angles)
            places.push_back({.size = size, .angle = angle});
    for (const Judged& judged : m_patches)
        m_results.byTurn.push_back(ratesAt(judged, without, images, places,
                                           "Success by size and rotation, " + judged.name + " patch"));
}

} // namespace assay::patches
