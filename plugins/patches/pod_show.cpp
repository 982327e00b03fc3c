#include "backend/engine/files.h"
#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/model_file.h"
#include "plugins/patches/pod_run.h"

#include <torch/types.h>

#include <QTemporaryDir>

#include <algorithm>

namespace assay::patches::pod {

namespace {

constexpr std::int64_t kTiles = 16;
constexpr std::uint64_t kMostModelBytes = std::uint64_t(256) << 20;

/// The outlines of boxes drawn into images [N,C,H,W].
void outline(const torch::Tensor& images, const BoxLists& boxes, float value)
{
    const std::int64_t height = images.size(2), width = images.size(3);
    for (std::size_t i = 0; i < boxes.size() && static_cast<std::int64_t>(i) < images.size(0); ++i)
        for (const data::Box& box : boxes[i]) {
            const auto clampTo = [](float at, std::int64_t most) {
                return std::clamp<std::int64_t>(std::llround(at), 0, most - 1);
            };
            const std::int64_t left = clampTo(box.x, width), right = clampTo(box.x + box.width, width);
            const std::int64_t top = clampTo(box.y, height), bottom = clampTo(box.y + box.height, height);
            torch::Tensor image = images[static_cast<std::int64_t>(i)];
            for (const std::int64_t y : {top, bottom})
                image.select(1, y).narrow(1, left, right - left + 1).fill_(value);
            for (const std::int64_t x : {left, right})
                image.select(2, x).narrow(1, top, bottom - top + 1).fill_(value);
        }
}

} // namespace

void PodRun::showAugmentation()
{
    const Scenes tiles = m_train.first(kTiles);
    const torch::Tensor clean = tiles.images();
    torch::Tensor covered = clean.clone();
    BoxLists boxes = tiles.objects;
    at::Generator generator = m_context.generator("augmentation preview");
    coveringHook(Training::Pod, m_plan.patches, {})(covered, boxes, generator);
    const torch::Tensor labelled = covered.clone();
    outline(labelled, boxes, 1);
    protocol::ImageGrid grid{.name = "augmentation",
                             .title = "Training images with random patches",
                             .caption =
                                 "As the trainings with random patches see them: covered, and with the "
                                 "boxes of objects and (squares) patches.",
                             .section = "Training"};
    reporting::fillPlanes(grid, tiles.ids,
                          {{"covered", covered}, {"with boxes", labelled}, {"as they are", clean}});
    m_context.images(std::move(grid));
}

void PodRun::emit()
{
    const PodResults& r = m_results;
    m_context.table(apTable(r));
    m_context.table(summaryTable(r));
    m_context.table(missedTable(r));
    m_context.table(trainingsTable(r));
    m_context.figure(apFigure(r));
    const auto given = [&](const char* attack) {
        return std::ranges::find(r.attacks, attack) != r.attacks.end();
    };
    const auto shown = [&](protocol::Figure figure) {
        if (!figure.layers.empty())
            m_context.figure(std::move(figure));
    };
    shown(curvesFigure(r, r.subjects.back().group));
    if (!m_params.defences.empty())
        shown(defencesFigure(r));
    for (const char* attack : {"advpatch", "black"}) {
        if (!given(attack))
            continue;
        if (r.sizes.size() > 1)
            shown(sizesFigure(r, attack));
        if (r.shapes.size() > 1)
            shown(shapesFigure(r, attack));
        shown(areasFigure(r, attack));
    }
    shown(lossesFigure(r));
    shown(patchLossesFigure(r));
    shown(offsetFigure(r, r.subjects.back().group));
}

void PodRun::keepModel(const Subject& subject)
{
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    models::ModelCard card = subject.detector->card();
    card.dataset = m_params.dataset.name;
    card.summary = "Trained by patches.pod, training '" + subject.group + "', repeat " +
                   std::to_string(subject.repeat) + ".";
    card.recipe = {{"study", "patches.pod"}, {"training", subject.group}, {"repeat", subject.repeat}};
    models::saveModel(path, *subject.detector->model().cloneNetwork(), card);
    for (const char* ending : {".safetensors", ".json"})
        m_context.file(subject.name + ending,
                       engine::readFile(path / (subject.name + ending), kMostModelBytes));
}

void PodRun::keepBench()
{
    Bench bench{.objectName = m_results.objectName, .scenes = m_test.first(kBenchImages)};
    engine::TensorMap patches;
    for (const Subject& subject : m_results.subjects) {
        const bool trained = !subject.epochs.empty();
        std::string model;
        for (const protocol::ModelRef& ref : m_params.models)
            if (!trained && reporting::shownName(ref.name) == subject.name)
                model = ref.name;
        bench.subjects.push_back({subject.name, subject.group, subject.repeat, model, subject.reading});
        for (const auto& [attack, patch] : subject.patches) {
            const bool learned = subject.histories.contains(attack);
            bench.patches[learned ? subject.name + '.' + attack : attack] = patch;
            if (learned)
                m_context.artifact(
                    "patch-" + subject.name + '-' + attack,
                    {{"patch", patch}, {"mask", torch::ones({1, patch.size(1), patch.size(2)})}});
        }
    }
    m_context.artifact("bench", bench.tensors());
    const BenchSubject& shown = bench.shown(m_params);
    for (const Subject& subject : m_results.subjects)
        if (subject.name == shown.name)
            m_context.scene(benchScene(bench, shown, *subject.detector, m_params));

    protocol::ImageGrid grid{.name = "attacked",
                             .title = "Test images under attack",
                             .caption = "As the attacks on the first repeat of " +
                                        groupTitle(m_params.trainings.front()) + " left them.",
                             .section = "Bench"};
    std::vector<reporting::ImagePlane> planes;
    std::int64_t count = bench.scenes.size();
    for (const auto& [attack, attacked] : m_shown)
        count = std::min(count, attacked.images.size(0));
    for (const std::string& attack : m_results.attacks)
        if (const auto found = m_shown.find(attack); found != m_shown.end())
            planes.push_back({attackTitle(attack), found->second.images.narrow(0, 0, count)});
    reporting::fillPlanes(grid, bench.scenes.ids.narrow(0, 0, count), planes);
    m_context.images(std::move(grid));
}

} // namespace assay::patches::pod
