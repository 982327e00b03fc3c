#include "plugins/backdoor/robust_view.h"

#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/scene_picture.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/card.h"
#include "backend/models/model_file.h"
#include "backend/models/predict.h"
#include "plugins/backdoor/robust_external.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>

namespace assay::backdoor {

namespace {

constexpr const char* kTeacherPrefix = "teacher.";
constexpr const char* kCodePrefix = "code.";
constexpr std::int64_t kMostSceneBars = 10;

/// Those of a map whose names begin so, without that beginning.
engine::TensorMap below(const engine::TensorMap& all, const std::string& prefix)
{
    engine::TensorMap found;
    for (const auto& [name, tensor] : all)
        if (name.starts_with(prefix))
            found[name.substr(prefix.size())] = tensor;
    return found;
}

void addSceneBars(protocol::Scene& scene, const RobustBench& bench, const torch::Tensor& probabilities,
                  std::int64_t row, const char* group)
{
    const torch::Tensor of = probabilities[row];
    const std::int64_t most = std::min<std::int64_t>(of.size(0), kMostSceneBars);
    const torch::Tensor likely = std::get<0>(std::get<1>(of.topk(most)).sort());
    const auto given = bench.given[row].item<std::int64_t>(), truth = bench.truth[row].item<std::int64_t>();
    for (std::int64_t i = 0; i < most; ++i) {
        const auto k = likely[i].item<std::int64_t>();
        scene.bars.push_back({.label = bench.classes[static_cast<std::size_t>(k)],
                              .value = of[k].item<double>(),
                              .role = k == truth   ? "good"
                                      : k == given ? "bad"
                                                   : "",
                              .group = group});
    }
}

} // namespace

protocol::ImageAttribute poisonedAttribute(const torch::Tensor& poisoned)
{
    protocol::ImageAttribute kind{.name = "kind",
                                  .title = "Kind",
                                  .values = {"clean", "poisoned"},
                                  .roles = {"same", "different"},
                                  .codes = {}};
    for (std::int64_t i = 0; i < poisoned.size(0); ++i)
        kind.codes.push_back(poisoned[i].item<bool>() ? 1 : 0);
    return kind;
}

RobustAutoencoderSpec autoencoderSpec(const RobustParams& params, std::uint64_t seed)
{
    return {.code = params.code, .epochs = params.codeEpochs, .noise = params.noise, .seed = seed};
}

std::unique_ptr<const RobustVariation> variationWithoutTraining(const RobustParams& params,
                                                                std::shared_ptr<const data::Dataset> set,
                                                                std::uint64_t seed)
{
    if (params.method == "script")
        return scriptVariation(params.from, seed);
    if (params.method == "folder")
        return folderVariation(params.from, std::move(set));
    return params.method == "blur" ? plainBlur() : strongAugmentation(seed);
}

engine::TensorMap RobustBench::tensors() const
{
    engine::TensorMap map = {
        {"ids", ids}, {"bytes", bytes}, {"given", given}, {"truth", truth}, {"poisoned", poisoned}};
    map["meta"] = reporting::jsonTensor({{"card", models::toJson(teacher->card())}});
    for (const auto& [name, tensor] : teacher->namedParameters())
        map[kTeacherPrefix + name] = tensor.cpu();
    for (const auto& [name, tensor] : codeWeights)
        map[kCodePrefix + name] = tensor.cpu();
    return map;
}

RobustBench RobustBench::from(const engine::TensorMap& tensors, torch::Device device)
{
    const reporting::StoredResults stored(tensors);
    RobustBench bench{.ids = stored.at("ids", torch::kInt64, 1),
                      .bytes = stored.at("bytes", torch::kUInt8, 4),
                      .given = stored.at("given", torch::kInt64, 1),
                      .truth = stored.at("truth", torch::kInt64, 1),
                      .poisoned = stored.at("poisoned", torch::kBool, 1)};
    models::ModelCard card;
    stored.meta([&](const Json& meta) { card = models::cardFromJson(meta.at("card"), "the kept teacher"); });
    bench.classes = card.classes;
    const auto network = models::makeNetwork(card.architecture, card.options, card.input,
                                             static_cast<std::int64_t>(card.classes.size()));
    const engine::TensorMap weights = below(tensors, kTeacherPrefix);
    models::loadWeights(*network, {weights.begin(), weights.end()}, "the kept teacher");
    network->to(device);
    bench.teacher = std::make_shared<models::Model>(network, std::move(card));
    const engine::TensorMap code = below(tensors, kCodePrefix);
    bench.codeWeights.assign(code.begin(), code.end());
    return bench;
}

RobustMoment momentOf(const RobustBench& bench, const RobustVariation& variation, double strength,
                      bool colours, torch::Device device)
{
    const torch::NoGradGuard off;
    RobustMoment moment{.strength = strength};
    moment.x = bench.bytes.to(torch::kFloat32).div(255.0);
    moment.v = variationBytes(variation, bench.bytes, strength, bench.ids, colours, device, {})
                   .to(torch::kFloat32)
                   .div(255.0);
    moment.probabilities = probabilitiesOf(*bench.teacher, moment.v);
    moment.before = probabilitiesOf(*bench.teacher, moment.x);
    return moment;
}

protocol::Figure meterFigure(const RobustBench& bench, const RobustMoment& moment)
{
    protocol::Figure f{.name = "meter",
                       .title = "What the teacher sees in the variations, strength " +
                                reporting::shortText(moment.strength),
                       .section = "On the bench",
                       .rateOf = "the shown training images of a kind",
                       .interval = reporting::kWilson};
    f.caption = "Poisoned images whose variation the teacher still takes for the label that they were "
                "poisoned with have kept the trigger, or lost their class with it. Move the strength.";
    f.x = {.label = "Training images",
           .scale = protocol::AxisScale::Category,
           .categories = {"poisoned", "clean"}};
    f.y = reporting::percentScale("Share");
    const torch::Tensor said = moment.probabilities.argmax(1);
    const torch::Tensor asGiven = said.eq(bench.given), asTrue = said.eq(bench.truth);
    const torch::Tensor clean = bench.poisoned.logical_not();
    // A clean image's label is its true class: it counts there alone.
    const torch::Tensor survived = asGiven.logical_and(bench.poisoned);
    const torch::Tensor right = asTrue.logical_and(survived.logical_not());
    const std::array<torch::Tensor, 3> shares = {survived, right, survived.logical_or(right).logical_not()};
    const std::array<const char*, 3> names = {"the poison's label", "the true class", "another class"};
    const std::array<const char*, 3> roles = {"different", "same", "neutral"};
    for (std::size_t i = 0; i < shares.size(); ++i) {
        protocol::Layer bars{.kind = protocol::LayerKind::Bars, .name = names[i], .role = roles[i]};
        for (const bool poisoned : {true, false}) {
            const torch::Tensor& among = poisoned ? bench.poisoned : clean;
            const torch::Tensor counted = shares[i].logical_and(among);
            reporting::addRateMark(
                bars, poisoned ? 0 : 1,
                metrics::wilson(counted.sum().item<std::int64_t>(), among.sum().item<std::int64_t>()), true);
            bars.samples.add(reporting::idsWhere(bench.ids, counted));
        }
        f.layers.push_back(std::move(bars));
    }
    f.opens = "moved";
    return f;
}

protocol::ImageGrid movedGrid(const RobustBench& bench, const RobustMoment& moment)
{
    protocol::ImageGrid grid{.name = "moved",
                             .title =
                                 "Image and variation, strength " + reporting::shortText(moment.strength),
                             .section = "On the bench"};
    grid.caption =
        "Training images as the teacher learned them, poisoned ones first, and their variations at "
        "the strength of the slider.";
    reporting::fillPlanes(grid, bench.ids, {{"image", moment.x}, {"variation", moment.v}});
    grid.attributes = {poisonedAttribute(bench.poisoned),
                       reporting::classesOf("given", "Label", bench.classes, bench.given),
                       reporting::classesOf("truth", "True class", bench.classes, bench.truth),
                       reporting::classesOf("said", "Teacher on the variation", bench.classes,
                                            moment.probabilities.argmax(1))};
    for (std::int64_t i = 0; i < bench.ids.size(0); ++i)
        grid.notes.push_back(
            "image: " + reporting::likelyClasses(moment.before[i], bench.classes) +
            "; variation: " + reporting::likelyClasses(moment.probabilities[i], bench.classes));
    return grid;
}

protocol::Scene movedScene(const RobustBench& bench, const RobustMoment& moment, std::int64_t sample)
{
    const auto* ids = bench.ids.data_ptr<std::int64_t>();
    const std::vector<std::int64_t> samples(ids, ids + bench.ids.numel());
    const auto found = std::ranges::find(samples, sample);
    const std::int64_t row = found == samples.end() ? 0 : found - samples.begin();
    protocol::Scene scene{.name = "bench",
                          .title = "One image and its variation",
                          .section = "On the bench",
                          .width = static_cast<std::uint32_t>(moment.x.size(3)),
                          .height = static_cast<std::uint32_t>(moment.x.size(2)),
                          .sampleField = "sample",
                          .samples = samples,
                          .sample = samples[static_cast<std::size_t>(row)]};
    scene.caption = std::string(bench.poisoned[row].item<bool>() ? "Poisoned" : "Clean") + ", labelled " +
                    bench.classes[static_cast<std::size_t>(bench.given[row].item<std::int64_t>())] +
                    ". What the teacher says of the variation at the strength of the slider, and of the "
                    "image itself.";
    scene.pictures = {reporting::scenePicture("variation", moment.v[row]),
                      reporting::scenePicture("image", moment.x[row])};
    addSceneBars(scene, bench, moment.probabilities, row, "variation");
    addSceneBars(scene, bench, moment.before, row, "image");
    return scene;
}

std::shared_ptr<const RobustPreviews::Kept> RobustPreviews::keptOf(engine::RunContext& context,
                                                                   const RobustParams& params)
{
    const std::lock_guard lock(m_mutex);
    if (m_last && !m_last->folder.empty() && m_last->folder == context.folder())
        return m_last;
    auto kept = std::make_shared<Kept>();
    kept->folder = context.folder();
    kept->bench = RobustBench::from(context.loadArtifact("bench"), context.device());
    if (params.method == "autoencoder")
        kept->variation =
            autoencoderVariation(kept->bench.codeWeights, autoencoderSpec(params, context.seed()),
                                 kept->bench.bytes.sizes().slice(1), context.device(), context.seed());
    else
        kept->variation = variationWithoutTraining(params, context.dataset(params.dataset), context.seed());
    m_last = kept;
    return kept;
}

void RobustPreviews::emit(engine::RunContext& context, const RobustParams& params)
{
    const auto kept = keptOf(context, params);
    context.checkpoint();
    const RobustMoment moment =
        momentOf(kept->bench, *kept->variation, params.strength, params.colours, context.device());
    context.checkpoint();
    context.figure(meterFigure(kept->bench, moment));
    context.scene(movedScene(kept->bench, moment, params.sample));
    context.images(movedGrid(kept->bench, moment));
}

} // namespace assay::backdoor
