#include "plugins/patches/pod_run.h"

#include "backend/attacks/patch/placement.h"
#include "backend/engine/files.h"
#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "plugins/patches/pod_shapes.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::patches::pod {

namespace {

/// Shares of a detector's part of the run, for the progress.
constexpr double kTrainingShare = 0.5;
/// Places across and down an object at which the patch is tried.
constexpr std::int64_t kOffsets = 5;

torch::Tensor drawnIds(engine::RunContext& context, const char* stream, std::int64_t available,
                       std::int64_t count)
{
    return torch::randperm(available, context.generator(stream), torch::kInt64)
        .narrow(0, 0, std::min(count, available))
        .contiguous();
}

std::int32_t categoryOf(const std::vector<std::string>& classes, const std::string& name)
{
    const auto at = std::ranges::find(classes, name);
    return at == classes.end() ? -1 : static_cast<std::int32_t>(at - classes.begin());
}

/// Tells weights from any others.
std::string weightsHash(const models::Model& model)
{
    std::string all;
    for (const auto& [name, tensor] : model.namedParameters()) {
        const torch::Tensor values = tensor.detach().cpu().contiguous();
        all += name;
        all.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
    }
    return engine::sha256(all);
}

} // namespace

PodRun::PodRun(engine::RunContext& context, PodParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    for (auto* names : {&m_params.trainings, &m_params.attacks, &m_params.defences, &m_params.shapes})
        reporting::keepFirsts(*names);
}

void PodRun::openInputs()
{
    const auto dataset = m_context.dataset(m_params.dataset);
    const data::DatasetInfo& info = dataset->info();
    if (info.boxClasses.empty())
        throw Error("the images of '" + info.name + "' have no boxes", "dataset",
                    "Choose a set with boxes, such as garment-scenes.");
    m_results.objectName = m_params.objectClass.empty() ? info.boxClasses.front() : m_params.objectClass;
    const std::int32_t category = categoryOf(info.boxClasses, m_results.objectName);
    if (category < 0)
        throw Error("'" + info.name + "' has no boxes of '" + m_results.objectName + "'", "object_class",
                    "Leave it empty for '" + info.boxClasses.front() + "'.");
    if (info.height % 8 != 0 || info.width % 8 != 0)
        throw Error("images of " + std::to_string(info.width) + " x " + std::to_string(info.height) +
                        " pixels do not fit a grid of 8 pixels",
                    "dataset", "Choose a set whose sides are multiples of 8.");
    const torch::Tensor trainIds =
        drawnIds(m_context, "training images", dataset->size(data::Split::Train), m_params.trainCount);
    m_train = scenesOf(*dataset, data::Split::Train, trainIds, category);
    m_test = scenesOf(*dataset, data::Split::Test,
                      drawnIds(m_context, "images", dataset->size(data::Split::Test), m_params.testCount),
                      category);
    m_searched = m_test.first(m_params.searchCount);
    m_trainKey = {
        {"dataset", dataset->hash()},
        {"images", engine::sha256({static_cast<const char*>(trainIds.data_ptr()), trainIds.nbytes()})},
        {"class", category}};

    m_plan.epochs = m_params.epochs;
    m_plan.patchWeight = m_params.patchWeight;
    m_plan.learnAfter = m_params.advEpochs;
    m_plan.patches = {
        .count = m_params.patchCount, .sideLow = m_params.sideLow, .sideHigh = m_params.sideHigh};
    m_plan.patches.families.clear();
    for (const std::string& family : m_params.families)
        m_plan.patches.families.push_back(familyFromName(family));
    m_plan.learned.size = m_params.size;
    m_plan.learned.side = m_params.patchSide;
    m_plan.learnedImages = m_params.patchImages;

    m_results.attacks = {"none"};
    m_results.attacks.insert(m_results.attacks.end(), m_params.attacks.begin(), m_params.attacks.end());
    m_results.base = {{}, "square", m_params.size};
    m_results.sizes = m_params.sizes;
    m_results.sizes.push_back(m_params.size);
    reporting::sortUnique(m_results.sizes);
    m_results.shapes = {"square"};
    m_results.shapes.insert(m_results.shapes.end(), m_params.shapes.begin(), m_params.shapes.end());
    m_results.areas = areaBounds(m_test.objects);
    m_results.testCount = m_test.size();
    m_results.groups = m_params.trainings;
    m_total = static_cast<double>(m_params.trainings.size()) * m_params.repeats +
              static_cast<double>(m_params.models.size());
}

void PodRun::execute()
{
    // Detectors are asked by worker threads; a team of its own for each small operator here would only spin.
    const models::SingleThread single;
    openInputs();
    showAugmentation();
    for (int repeat = 1; repeat <= m_params.repeats; ++repeat) {
        for (const std::string& training : m_params.trainings)
            train(training, repeat);
        if (repeat == 1)
            addModels();
    }
    for (protocol::Metric& metric : podMetrics(m_results))
        m_context.metric(std::move(metric));
    keepBench();
}

void PodRun::stage(const std::string& text, double share)
{
    m_context.progress(m_done + share, m_total, text);
}

double PodRun::attackShare(double done) const
{
    const double attacks = std::max<double>(1, static_cast<double>(m_params.attacks.size()));
    return kTrainingShare + (1 - kTrainingShare) * (m_attacksDone + done) / attacks;
}

SearchCalls PodRun::searchCalls(const std::string& text)
{
    return {.checkpoint = [this] { m_context.checkpoint(); },
            .progress =
                [this, text](std::int64_t done, std::int64_t total) {
                    stage(text, attackShare(static_cast<double>(done) / static_cast<double>(total)));
                }};
}

void PodRun::train(const std::string& training, int repeat)
{
    const std::string name = training + '-' + std::to_string(repeat);
    const TrainingCalls calls{
        .checkpoint = [this] { m_context.checkpoint(); },
        .progress = [&](double share) { stage("Training " + name, kTrainingShare * share); }};
    TrainedDetector trained =
        trainedOne(m_context, m_trainKey, m_train, trainingFromName(training), m_plan,
                   m_context.seed() + static_cast<std::uint64_t>(repeat), name, m_results.objectName, calls);
    Subject subject{.name = name, .group = training, .repeat = repeat, .detector = trained.detector};
    if (findsPatches(trained.training))
        subject.reading.patch = kPatch;
    subject.epochs = std::move(trained.epochs);
    subject.seconds = trained.seconds;
    subject.cpuSeconds = trained.cpuSeconds;
    keepModel(subject);
    measure(subject);
}

void PodRun::addModels()
{
    for (const protocol::ModelRef& ref : m_params.models) {
        const auto model = m_context.model(ref);
        Subject subject{.name = reporting::shownName(ref.name), .repeat = 1};
        subject.group = subject.name;
        if (std::ranges::find(m_results.groups, subject.group) != m_results.groups.end())
            throw Error("two detectors would be shown as '" + subject.name + "'", "models",
                        "Rename the model, or leave one out.");
        subject.detector = std::make_shared<models::Detector>(model);
        const models::InputSpec& input = model->card().input;
        if (input.channels != m_test.pixels.size(1) || input.height != m_test.pixels.size(2) ||
            input.width != m_test.pixels.size(3))
            throw Error("'" + subject.name + "' expects images of another size than the data set's", "models",
                        "Choose detectors for images of this size.");
        const std::vector<std::string>& classes = model->card().classes;
        subject.reading.object = categoryOf(classes, m_results.objectName);
        if (subject.reading.object < 0 && classes.size() > 1)
            throw Error("'" + subject.name + "' knows no class '" + m_results.objectName + "'", "models",
                        "Choose detectors that look for the object.");
        subject.reading.object = std::max(subject.reading.object, 0);
        if (const std::int32_t patch = categoryOf(classes, "patch"); patch >= 0)
            subject.reading.patch = patch;
        m_results.groups.push_back(subject.group);
        measure(subject);
    }
}

void PodRun::measure(Subject& subject)
{
    addWithDefences(subject, {m_test.images(), BoxLists(m_test.objects.size())}, m_test, {});
    m_attacksDone = 0;
    for (const std::string& attack : m_params.attacks) {
        const std::string text = attackTitle(attack) + " on " + subject.name;
        stage(text, attackShare(0));
        m_context.checkpoint();
        measure(subject, attack, text);
        ++m_attacksDone;
    }
    if (subject.repeat == 1)
        measureOffsets(subject);
    m_results.subjects.push_back(std::move(subject));
    ++m_done;
    emit();
}

void PodRun::measure(Subject& subject, const std::string& attack, const std::string& text)
{
    const Scenario usual = m_results.usual(attack);
    if (liesOnObjects(attack)) {
        if (attack != "adaptive" || subject.reading.patch) // else there is no patch class to keep quiet
            measureOnObjects(subject, attack);
    } else if (attack == "scattered") {
        addWithDefences(subject, scattered(), m_test, usual);
    } else if (attack == "hcb") {
        const BlockAttack how{.particles = m_params.particles, .seed = m_context.seed()};
        addWithDefences(subject,
                        attackWithBlocks(*subject.detector, m_searched.images(), m_searched.objects,
                                         subject.reading.object, how, searchCalls(text)),
                        m_searched, usual);
    } else {
        const ShapeAttack how{.steps = m_params.shapeSteps, .seed = m_context.seed()};
        addWithDefences(subject,
                        attackWithShapes(*subject.detector, m_searched.images(), m_searched.objects,
                                         subject.reading.object, how, searchCalls(text)),
                        m_searched, usual);
    }
}

Attacked PodRun::scattered() const
{
    Attacked attacked{m_test.images().contiguous(), BoxLists(m_test.objects.size())};
    Draws draws(m_context.seed() + 1);
    for (const PastedPatch& label : pasteRandomPatches(attacked.images, m_plan.patches, draws))
        attacked.patches[static_cast<std::size_t>(label.image)].push_back(boxOf(label));
    return attacked;
}

const torch::Tensor& PodRun::patchOf(Subject& subject, const std::string& attack)
{
    const std::int64_t channels = m_test.pixels.size(1), side = m_params.patchSide;
    if (!subject.patches.contains(attack)) {
        if (attack == "noise")
            subject.patches[attack] = attacks::randomPatch(channels, side, side, m_context.seed());
        else if (attack == "black")
            subject.patches[attack] = torch::zeros({channels, side, side});
        else
            learn(subject, attack);
    }
    return subject.patches.at(attack);
}

void PodRun::learn(Subject& subject, const std::string& attack)
{
    AdvPatchSpec spec{.side = m_params.patchSide,
                      .steps = m_params.patchSteps,
                      .size = m_params.size,
                      .variation = m_params.variation,
                      .restarts = m_params.patchRestarts,
                      .seed = m_context.seed() + static_cast<std::uint64_t>(subject.repeat),
                      .object = subject.reading.object};
    if (attack == "adaptive")
        spec.quiet = subject.reading.patch.value_or(-1);
    const Json key = {{"what", "pod.patch"},
                      {"method", 1},
                      {"scenes", m_trainKey},
                      {"count", m_params.patchImages},
                      {"side", spec.side},
                      {"steps", spec.steps},
                      {"size", spec.size},
                      {"variation", spec.variation},
                      {"restarts", spec.restarts},
                      {"seed", spec.seed},
                      {"object", spec.object},
                      {"quiet", spec.quiet},
                      {"weights", weightsHash(subject.detector->model())}};
    const SearchCalls calls = searchCalls("Learning a patch against " + subject.name);
    const engine::TensorMap learned = m_context.cached(key, [&] {
        const attacks::TrainedPatch found =
            learnPatch(subject.detector, m_train.first(m_params.patchImages), spec,
                       {.checkpoint = calls.checkpoint, .progress = calls.progress});
        return engine::TensorMap{{"patch", found.patch}, {"attack", found.history.attack}};
    });
    subject.patches[attack] = learned.at("patch").cpu();
    subject.histories[attack] = learned.at("attack").cpu();
}

void PodRun::measureOnObjects(Subject& subject, const std::string& attack)
{
    const torch::Tensor& patch = patchOf(subject, attack);
    const torch::Tensor images = m_test.images();
    const auto pasted = [&](const std::string& shape, double size) {
        return pasteOnObjects(images, m_test.objects, patch, shapeMask(shape, m_params.patchSide),
                              {.size = size, .seed = m_context.seed()});
    };
    const Scenario usual = m_results.usual(attack);
    addWithDefences(subject, pasted(usual.shape, usual.size), m_test, usual);
    for (const double size : m_results.sizes)
        if (size != usual.size)
            add(subject, pasted(usual.shape, size), m_test, {attack, usual.shape, size});
    for (const std::string& shape : m_results.shapes)
        if (shape != usual.shape)
            add(subject, pasted(shape, usual.size), m_test, {attack, shape, usual.size});
}

void PodRun::measureOffsets(Subject& subject)
{
    const bool learned = subject.patches.contains("advpatch");
    const torch::Tensor patch = learned ? subject.patches.at("advpatch") : patchOf(subject, "black");
    const torch::Tensor images = m_searched.images(), boxes = paddedBoxes(m_searched.objects);
    const torch::Tensor width = boxes.select(2, 2), height = boxes.select(2, 3);
    const torch::Tensor side = m_params.size * (width.square() + height.square()).sqrt();
    subject.missedByOffset = torch::zeros({kOffsets, kOffsets}, torch::kFloat64);
    for (std::int64_t row = 0; row < kOffsets; ++row)
        for (std::int64_t column = 0; column < kOffsets; ++column) {
            stage("Places of the patch on " + subject.name, 1);
            m_context.checkpoint();
            const auto at = [&](std::int64_t index) { return (double(index) + 0.5) / kOffsets; };
            const attacks::PatchPlaces places{boxes.select(2, 0) + at(column) * width,
                                              boxes.select(2, 1) + at(row) * height, side, side,
                                              torch::zeros_like(side)};
            const Attacked attacked{attacks::applyPatch(images, patch, {}, places),
                                    BoxLists(m_searched.objects.size())};
            const Outcome outcome = outcomeOf(*subject.detector, attacked, m_searched.objects, {},
                                              Defence::None, {.reading = subject.reading, .resamples = 1});
            subject.missedByOffset[row][column] = outcome.found[0].missRate();
        }
}

void PodRun::add(Subject& subject, const Attacked& attacked, const Scenes& scenes, const Scenario& scenario,
                 Defence defence)
{
    m_context.checkpoint();
    subject.outcomes.push_back(
        outcomeOf(*subject.detector, attacked, scenes.objects, scenario, defence,
                  {.reading = subject.reading, .areas = m_results.areas, .seed = m_context.seed()}));
}

void PodRun::addWithDefences(Subject& subject, const Attacked& attacked, const Scenes& scenes,
                             const Scenario& scenario)
{
    add(subject, attacked, scenes, scenario);
    if (subject.group == "naive")
        for (const std::string& defence : m_params.defences)
            add(subject, attacked, scenes, scenario, defenceFromName(defence));
    if (subject.repeat == 1 && subject.group == m_params.trainings.front())
        m_shown[scenario.attack] = {
            attacked.images.narrow(0, 0, std::min<std::int64_t>(kBenchImages, attacked.images.size(0)))
                .clone(),
            {}};
}

} // namespace assay::patches::pod
