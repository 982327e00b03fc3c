#include "backend/attacks/patch/patch_file.h"
#include "backend/engine/reporting/image_planes.h"
#include "backend/models/predict.h"
#include "plugins/backdoor/invert_run.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

/// The least side at which a trigger is shown in the gallery.
constexpr std::int64_t kShownTrigger = 64;
constexpr std::int64_t kInvertExamples = 60;
constexpr std::int64_t kInvertSamples = 200;

torch::Tensor enlargedTrigger(const torch::Tensor& images)
{
    const std::int64_t times =
        std::max<std::int64_t>(1, kShownTrigger / std::max(images.size(2), images.size(3)));
    return images.repeat_interleave(times, 2).repeat_interleave(times, 3);
}

std::vector<std::int64_t> firstSamples(const torch::Tensor& ids)
{
    const torch::Tensor flat = ids.contiguous();
    const std::int64_t count = std::min(flat.numel(), kInvertSamples);
    return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + count};
}

/// Scene of the sample and class that the live parameters say. @param samples ids that can be chosen.
void emitInvertScene(engine::RunContext& context, const InvertParams& params, const Suspect& suspect,
                     const poisoning::Trigger* planted, const InvertResults& results,
                     const std::vector<std::int64_t>& samples)
{
    const bool known = std::ranges::find(samples, params.sample) != samples.end();
    const std::int64_t sample = known ? params.sample : samples.front();
    const torch::Tensor id = torch::full({1}, sample, torch::kInt64);
    context.scene(invertScene({.model = *suspect.model,
                               .results = results,
                               .x = suspect.set->images(data::Split::Test, id, context.device()),
                               .label = suspect.set->labels(data::Split::Test)[sample].item<std::int64_t>(),
                               .sample = sample,
                               .samples = samples,
                               .shown = invertShownClass(params, results),
                               .planted = planted}));
}

} // namespace

void InvertRun::keepArtifacts()
{
    const std::vector<std::int64_t> samples = firstSamples(m_ids);
    m_context.artifact("inversion",
                       invertTensors(m_results, m_ids.narrow(0, 0, std::int64_t(samples.size())).clone()));
    for (const InvertedTrigger& trigger : m_results.triggers)
        m_context.artifact(invertArtifact(trigger.target),
                           {{"patch", trigger.pattern}, {"mask", trigger.mask}});
    const InvertedTrigger& least = m_results.triggers[m_results.smallest()];
    m_context.artifact("recovered", {{"patch", least.pattern}, {"mask", least.mask}});
    if (least.pattern.size(0) == 1 || least.pattern.size(0) == 3) {
        const std::vector<std::uint8_t> png = attacks::patchPng(least.pattern, least.mask);
        m_context.file("recovered.png", {reinterpret_cast<const char*>(png.data()), png.size()});
    }
}

void InvertRun::emitRecovered()
{
    protocol::ImageGrid grid{.name = "recovered", .title = "Recovered triggers", .section = "Triggers"};
    grid.caption =
        "The mask, the pattern, and both together as they would show on a black image" +
        (m_planted ? std::string("; last the planted trigger, ") + m_results.planted + ", on a black image."
                   : std::string("."));
    std::vector<torch::Tensor> masks, patterns;
    for (const InvertedTrigger& t : m_results.triggers) {
        masks.push_back(t.mask.expand_as(t.pattern));
        patterns.push_back(t.pattern);
    }
    const torch::Tensor mask = torch::stack(masks), pattern = torch::stack(patterns);
    std::vector<reporting::ImagePlane> planes = {{"mask", enlargedTrigger(mask)},
                                                 {"pattern", enlargedTrigger(pattern)},
                                                 {"mask x pattern", enlargedTrigger(mask * pattern)}};
    if (m_planted)
        planes.push_back({"planted", enlargedTrigger(m_planted->stamp(torch::zeros_like(pattern)))});
    const torch::Tensor labels = torch::arange(mask.size(0), torch::kInt64);
    reporting::fillPlanes(grid, labels, planes);
    torch::Tensor flagged = torch::zeros({mask.size(0)}, torch::kInt64);
    for (std::size_t i = 0; i < m_results.triggers.size(); ++i) {
        flagged[std::int64_t(i)] = m_results.anomalies.flagged[i] ? 1 : 0;
        grid.notes.push_back("norm " + std::to_string(m_results.triggers[i].norm) +
                             " pixels, anomaly index " + std::to_string(m_results.anomalies.index[i]));
    }
    grid.attributes = {reporting::classesOf("class", "Class", m_results.classes, labels),
                       reporting::classesOf("flagged", "Verdict", {"not flagged", "flagged"}, flagged)};
    m_context.images(std::move(grid));
}

void InvertRun::emitExamples()
{
    const std::int64_t count = std::min(kInvertExamples, m_x.size(0));
    const torch::Tensor x = m_x.narrow(0, 0, count);
    const std::size_t least = m_results.smallest();
    const torch::Tensor recovered = withInverted(x, m_results.triggers[least]);
    protocol::ImageGrid grid{
        .name = "examples", .title = "Judged images with triggers", .section = "Triggers"};
    grid.caption =
        "With the trigger recovered for " + m_results.classes[least] + ", whose mask is the smallest.";
    std::vector<reporting::ImagePlane> planes = {{"clean", x.cpu()}, {"recovered", recovered.cpu()}};
    if (m_planted)
        planes.push_back({"planted", m_planted->stamp(x).cpu()});
    reporting::fillPlanes(grid, m_ids.narrow(0, 0, count), planes);
    grid.attributes = {
        reporting::classesOf("label", "True class", m_results.classes, m_y.narrow(0, 0, count)),
        reporting::classesOf("predicted", "With the recovered trigger", m_results.classes,
                             models::predict(*m_suspect.model, recovered))};
    m_context.images(std::move(grid));
}

void InvertRun::emitScene()
{
    emitInvertScene(m_context, m_params, m_suspect, m_planted ? &*m_planted : nullptr, m_results,
                    firstSamples(m_ids));
}

void previewInversion(engine::RunContext& context, const InvertParams& params)
{
    const Suspect suspect = openSuspect(context, params.model, params.dataset);
    const data::DatasetInfo& info = suspect.set->info();
    const engine::TensorMap tensors = context.loadArtifact("inversion");
    InvertResults results;
    results.model = params.model.name;
    results.classes = info.classes;
    readInvertTensors(tensors, results);
    results.judge(params.threshold);
    std::optional<poisoning::Trigger> planted;
    if (suspect.planted) {
        planted.emplace(suspect.planted->trigger, info.channels, info.height, info.width);
        if (suspect.planted->labels != poisoning::LabelMode::AllToAll)
            results.target = suspect.planted->target;
    }
    context.checkpoint();
    context.figure(invertNormsFigure(results));
    context.figure(invertAnomalyFigure(results));
    context.table(inversionTable(results));
    emitInvertScene(context, params, suspect, planted ? &*planted : nullptr, results,
                    firstSamples(tensors.at("samples").cpu()));
}

} // namespace assay::backdoor
