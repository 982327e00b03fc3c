#include "plugins/backdoor/robust_run.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/engine/trained_network.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/robust_external.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

namespace {

constexpr std::int64_t kJudgedAtOnce = 1000;

} // namespace

RobustRun::RobustRun(engine::RunContext& context, RobustParams params)
    : m_context(context)
    , m_params(std::move(params))
{}

void RobustRun::execute()
{
    openInputs();
    chooseStrengths();
    Repeat first;
    for (int number = 1; number <= m_params.seeds; ++number) {
        Repeat repeat{.number = number, .poison = poisonOf(number)};
        runRepeat(repeat);
        if (number == 1)
            first = std::move(repeat);
    }
    emitReport(first);
}

void RobustRun::stage(const std::string& text, bool step)
{
    const auto now = std::chrono::steady_clock::now();
    if (!m_stage.empty())
        m_seconds[m_stage] += std::chrono::duration<double>(now - m_stageBegan).count();
    m_stageBegan = now;
    if (std::ranges::find(m_stages, text) == m_stages.end())
        m_stages.push_back(text);
    m_stage = text;
    m_done += step ? 1 : 0;
    m_context.checkpoint();
    m_context.progress(std::min(m_done, m_total), m_total, text);
}

void RobustRun::openInputs()
{
    stage("Poisoning", false);
    m_set = m_context.dataset(m_params.dataset);
    const data::DatasetInfo& info = m_set->info();
    const torch::Tensor order =
        torch::randperm(m_set->size(data::Split::Train), m_context.generator("robust.images"), torch::kInt64);
    const std::int64_t count = std::min<std::int64_t>(m_params.trainImages, order.size(0));
    m_ids = order.narrow(0, 0, count).contiguous();
    const std::int64_t spare = std::min<std::int64_t>(m_params.cleanImages, order.size(0) - count);
    m_spare = order.narrow(0, count, spare).contiguous();
    m_bytes = m_set->pixelsOf(data::Split::Train, m_ids);
    m_truth = m_set->labels(data::Split::Train).index_select(0, m_ids);

    const poisoning::PoisonSpec poison = poisonOf(1);
    const poisoning::Trigger trigger(poison.trigger, info.channels, info.height, info.width);
    m_judged = shareTest(m_context, *m_set, 0, m_params.count).judged;
    m_testX = m_set->images(data::Split::Test, m_judged, m_context.device());
    m_testY = m_set->labels(data::Split::Test).index_select(0, m_judged);
    m_triggeredX = trigger.stamp(m_testX);
    m_results.classes = info.classes;
    m_results.trigger = poisoning::describe(poison.trigger, info.height, info.width);
    m_results.method = m_params.method;
    m_results.repeats = m_params.seeds;
}

poisoning::PoisonSpec RobustRun::poisonOf(int repeat) const
{
    return {.trigger = triggerOf(m_context, m_params.trigger),
            .labels = poisoning::labelModeFromName(m_params.labels),
            .target = classNamed(m_set->info().classes, m_params.target, "target"),
            .rate = m_params.rate,
            .coverRate = 0,
            .seed = m_context.seed() + static_cast<std::uint64_t>(repeat) - 1};
}

void RobustRun::chooseStrengths()
{
    m_results.graded = m_params.method != "folder";
    m_results.strengths = m_params.strengths;
    std::ranges::sort(m_results.strengths);
    const auto [last, end] = std::ranges::unique(m_results.strengths);
    m_results.strengths.erase(last, end);
    for (const double alpha : m_params.alphas)
        if (alpha > 0 && std::ranges::find(m_results.alphas, alpha) == m_results.alphas.end())
            m_results.alphas.push_back(alpha);
    if (m_results.alphas.empty())
        throw Error("no student would ask the teacher: every α is 0", "alphas",
                    "Give at least one above 0, such as 0.5; labels alone are tried anyway.");
    m_results.mainAlpha = m_results.alphas.front();
    if (m_params.method == "script")
        m_results.graded = scriptVariation(m_params.from, 0)->graded();
    if (!m_results.graded)
        m_results.strengths = {1};
    m_results.mainStrength =
        m_results.strengths[reporting::nearestPosition(m_results.strengths, m_params.strength)];
    const auto strengths = static_cast<double>(m_results.strengths.size());
    // Teacher, on the originals, blur, labels alone, what makes the variations, and the students.
    m_total = m_params.seeds * (5 + strengths * static_cast<double>(m_results.alphas.size()));
}

void RobustRun::runRepeat(Repeat& repeat)
{
    stage("Poisoning", false);
    repeat.set = poisoning::poison(repeat.poison, m_bytes, m_truth,
                                   static_cast<std::int64_t>(m_results.classes.size()));
    stage("Teacher", false);
    repeat.teacher = train(repeat, RobustKind::Teacher, repeat.set.images, kNoNumber, kNoNumber);
    makeVariation(repeat);
    for (const double strength : m_results.strengths) {
        repeat.varied[strength] = variationsOf(repeat, *repeat.variation, strength);
        judgeVariations(repeat, strength);
    }
    trainStudents(repeat);
}

void RobustRun::trainStudents(Repeat& repeat)
{
    stage("Students", false);
    for (const double strength : m_results.strengths)
        for (const double alpha : m_results.alphas) {
            auto student = train(repeat, RobustKind::Student, repeat.varied.at(strength), strength, alpha);
            if (repeat.number == 1 && strength == m_results.mainStrength && alpha == m_results.mainAlpha)
                m_student = std::move(student);
        }
    stage("Baselines", false);
    train(repeat, RobustKind::Labels, repeat.varied.at(m_results.mainStrength), m_results.mainStrength,
          kNoNumber);
    train(repeat, RobustKind::Originals, repeat.set.images, kNoNumber, m_results.mainAlpha);
    train(repeat, RobustKind::Blur, variationsOf(repeat, *plainBlur(), kRobustBlur), kRobustBlur, kNoNumber);
}

std::shared_ptr<const models::Model> RobustRun::train(const Repeat& repeat, RobustKind kind,
                                                      const torch::Tensor& images, double strength,
                                                      double alpha)
{
    const bool taught = !std::isnan(alpha);
    std::string name = robustKindName(kind);
    if (kind == RobustKind::Student || kind == RobustKind::Labels)
        name += " at " + reporting::shortText(strength);
    if (m_params.seeds > 1)
        name += ", repetition " + std::to_string(repeat.number);
    // All students of a repetition start from the same weights, the teacher from others.
    const std::uint64_t seed = 2 * (m_context.seed() + static_cast<std::uint64_t>(repeat.number)) +
                               (kind == RobustKind::Teacher ? 0 : 1);
    engine::TrainingOrder order{.name = name,
                                .architecture = m_params.architecture,
                                .spec = {.epochs = m_params.epochs, .initSeed = seed, .orderSeed = seed},
                                .done = m_done,
                                .total = m_total};
    if (taught) {
        const RobustDistillation how{
            .temperature = m_params.temperature, .alpha = alpha, .temperedLabels = m_params.temperedLabels};
        order.loss = distilling(repeat.teacher, how);
        order.lossKey = distillationKey(*repeat.teacher, how);
    }
    const auto began = std::chrono::steady_clock::now();
    auto model = engine::trainedNetwork(m_context, images, repeat.set.labels,
                                        engine::cardFor(m_set->info(), m_bytes), order);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
    m_done += 1;
    m_context.checkpoint();
    m_results.outcomes.push_back({.kind = kind,
                                  .strength = strength,
                                  .alpha = alpha,
                                  .repeat = repeat.number,
                                  .rates = ratesOf(*model, repeat.poison),
                                  .seconds = seconds.count()});
    return model;
}

BackdoorRates RobustRun::ratesOf(const models::Model& model, const poisoning::PoisonSpec& poison) const
{
    return backdoorRates(models::predict(model, m_testX), models::predict(model, m_triggeredX), m_testY,
                         poison, static_cast<std::int64_t>(m_results.classes.size()));
}

torch::Tensor RobustRun::logitsOfBytes(const models::Model& model, const torch::Tensor& bytes) const
{
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < bytes.size(0); first += kJudgedAtOnce) {
        m_context.checkpoint();
        const torch::Tensor some = bytes.narrow(0, first, std::min(kJudgedAtOnce, bytes.size(0) - first));
        parts.push_back(
            models::logitsChunked(model, some.to(m_context.device()).to(torch::kFloat32).div_(255.0)));
    }
    return torch::cat(parts).cpu();
}

} // namespace assay::backdoor
