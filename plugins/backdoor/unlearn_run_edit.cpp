#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/before_after.h"
#include "plugins/backdoor/unlearn_run.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::backdoor {

// The edit, its repair, and what is shown of the whole run.

namespace {

/// A repair with clean images alone ends when the target class has this share of its recall on held-out
/// images back, before the trigger returns. One with the trigger keeps it silent, and goes on to the whole
/// recall.
constexpr double kRecoveredShare = 0.9;
/// And, where the trigger is known, when the attack succeeds on no more of them than that.
constexpr double kSilentShare = 0.05;
/// Held-out images with the trigger that a strength is tried on.
constexpr std::int64_t kSearchImages = 100;

double unlearnShare(const torch::Tensor& classes, std::int64_t of)
{
    return classes.numel() == 0 ? 0 : (classes == of).to(torch::kFloat64).mean().item<double>();
}

torch::Tensor classesBy(models::Network& network, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    return network.forward(x).argmax(1).cpu();
}

} // namespace

EditSpec UnlearnRun::editSpec() const
{
    return {.guidance = m_params.guidance == "raw" ? Guidance::Raw : Guidance::Contrast,
            .rule = m_params.rule == "damping" ? EditRule::Damping : EditRule::Subtractive,
            .alpha = m_params.alpha,
            .biases = m_params.biases};
}

std::unique_ptr<WeightEdit> UnlearnRun::makeEdit(const Subject& subject, const torch::Tensor& forget,
                                                 const torch::Tensor& contrast) const
{
    const auto chosen = layersNamed(subject.layers, m_params.layers, m_suspect.model->name());
    const auto activeForget = layerActivity(*subject.network, chosen, forget);
    const auto activeContrast = layerActivity(*subject.network, chosen, contrast);
    std::vector<LayerGuidance> guidance;
    for (std::size_t l = 0; l < chosen.size(); ++l)
        guidance.push_back(guidanceOf(activeForget[l], activeContrast[l], editSpec().guidance));
    return std::make_unique<WeightEdit>(subject.network, chosen, std::move(guidance), editSpec());
}

void UnlearnRun::describeLayers(const Subject& subject, const Work& work, const WeightEdit& edit)
{
    const auto forget = layerActivity(*subject.network, subject.layers, work.forget);
    const auto contrast = layerActivity(*subject.network, subject.layers, work.contrast);
    const auto here = [](const LayerActivity& activity) {
        return LayerActivity{activity.input.cpu().contiguous(), activity.output.cpu().contiguous()};
    };
    for (std::size_t l = 0; l < subject.layers.size(); ++l) {
        UnlearnLayer layer;
        layer.name = subject.layers[l].name;
        layer.convolution = subject.layers[l].convolution;
        layer.forget = here(forget[l]);
        layer.contrast = here(contrast[l]);
        layer.guidance.a = torch::zeros_like(layer.forget.input);
        layer.guidance.b = torch::zeros_like(layer.forget.output);
        layer.guidance.empty = true;
        for (std::size_t e = 0; e < edit.layers().size(); ++e) {
            if (edit.layers()[e].name != layer.name)
                continue;
            layer.edited = true;
            layer.guidance = edit.guidance()[e];
            layer.guidance.a = layer.guidance.a.cpu().contiguous();
            layer.guidance.b = layer.guidance.b.cpu().contiguous();
            if (layer.guidance.empty)
                m_context.log("Layer " + layer.name +
                                  " is left as it is: nothing in it is more active for images to forget.",
                              protocol::LogLevel::Warning);
        }
        m_results.layers.push_back(std::move(layer));
    }
}

double UnlearnRun::chooseAlpha(WeightEdit& edit, Work& work)
{
    if (!m_params.search)
        return m_params.alpha;
    const torch::Tensor& triggered = work.draw->heldTriggered;
    const torch::Tensor seen = m_results.knowsTrigger
                                   ? triggered.narrow(0, 0, std::min(kSearchImages, triggered.size(0)))
                                   : work.draw->heldTarget;
    work.images += seen.size(0);
    bool found = false;
    const double alpha = smallestAlpha(
        [&](double tried) {
            edit.apply(tried);
            return unlearnShare(classesBy(edit.network(), seen), m_target);
        },
        0.05, &found);
    if (work.seed == 0)
        m_context.log("Strength " + reporting::shortText(alpha) +
                      (found ? ": the least of those tried that brings the "
                             : ", the greatest tried, does not bring the ") +
                      (m_results.knowsTrigger ? "attack's success" : "target class's recall") + " on " +
                      std::to_string(seen.size(0)) + " held-out images to 5 % or less.");
    return alpha;
}

void UnlearnRun::runEdit(int seed, const DefenderDraw& draw)
{
    stage("Edit");
    const models::SingleThread one;
    Subject subject = freshSubject();
    Work work{.method = "edit", .seed = seed, .draw = &draw};
    work.forget = forgetImages(draw, m_params.samples);
    work.contrast = contrastImages(draw, m_params.samples);
    if (seed == 0) {
        const auto edit = makeEdit(subject, work.forget, work.contrast);
        describeLayers(subject, work, *edit);
        m_results.forget = draw.forgetPool.narrow(0, 0, work.forget.size(0)).clone();
        m_results.contrast = draw.contrastPool.narrow(0, 0, work.contrast.size(0)).clone();
        if (work.forget.size(0) < m_params.samples)
            m_context.log("There are only " + std::to_string(work.forget.size(0)) + " images to forget.",
                          protocol::LogLevel::Warning);
    }
    recordStart(work, subject);
    finish(work, subject, "backdoored");
    work.images = work.contrast.size(0) + (m_results.knowsTrigger ? 0 : work.forget.size(0));
    work.clock = MethodClock();
    const auto edit = makeEdit(subject, work.forget, work.contrast);
    const double alpha = chooseAlpha(*edit, work);
    if (seed == 0)
        m_results.alpha = alpha;
    for (int k = 1; k <= m_params.increments; ++k) {
        if (seed != 0 && k < m_params.increments)
            continue;
        edit->apply(alpha * k / m_params.increments);
        record(work, subject, "unlearn", k);
    }
    finish(work, subject, "edit");
    if (seed == 0) {
        keepChanges(subject, false);
        m_edited = modelOf(*subject.network, "edited", "edited");
        m_context.saveModel("edited", *subject.network, editedCard("edited", "edited"));
    }
    ++m_done;
    if (m_params.repair)
        runRepairs(work, subject);
    ++m_done;
}

void UnlearnRun::runRepairs(Work& edited, const Subject& subject)
{
    stage("Repair");
    const DefenderDraw& draw = *edited.draw;
    Subject repaired = copyOf(*subject.network);
    Work work = edited;
    if (m_results.knowsTrigger)
        repair(work, repaired, joined(draw.repair, draw.repairTriggered), true);
    else
        repair(work, repaired, draw.repair, false);
    finish(work, repaired, "repair");
    if (work.seed == 0) {
        keepChanges(repaired, true);
        m_repaired = modelOf(*repaired.network, "repaired", "repaired");
        m_context.saveModel("repaired", *repaired.network, editedCard("repaired", "repaired"));
    }
    if (!m_results.knowsTrigger)
        return;
    Subject clean = copyOf(*subject.network);
    Work other = edited;
    other.method = "repair-clean";
    repair(other, clean, draw.repair, false);
    finish(other, clean, "repair-clean");
}

void UnlearnRun::repair(Work& work, Subject& subject, const Lesson& lesson, bool triggered)
{
    work.clock.start();
    const auto layers = m_params.repairLayers == "edited"
                            ? layersNamed(subject.layers, m_params.layers, m_suspect.model->name())
                            : std::vector<models::ProbedLayer>{subject.layers.back()};
    const std::vector<torch::Tensor> parameters = parametersOf(*subject.network, layers);
    const DefenderDraw& draw = *work.draw;
    work.images += draw.repair.size() + (triggered ? draw.held.size() : draw.heldTarget.size(0));
    const double enough =
        (triggered ? 1 : kRecoveredShare) * unlearnShare(classesBy(*m_original, draw.heldTarget), m_target);
    // What held-out images say is still amiss: recall that is missing and, when the trigger is known, attacks
    // that succeed.
    const auto amiss = [&] {
        const double recall = unlearnShare(classesBy(*subject.network, draw.heldTarget), m_target);
        const double attacks =
            triggered ? unlearnShare(classesBy(*subject.network, draw.heldTriggered), m_target) : 0;
        return std::max(0.0, enough - recall) + std::max(0.0, attacks - kSilentShare);
    };
    double least = std::numeric_limits<double>::infinity();
    int last = m_params.increments;
    bool bestIsLast = true;
    std::vector<torch::Tensor> kept;
    UnlearnCalls calls = callsFor(work, subject);
    calls.step = [&, step = calls.step](const char* stage, int index) {
        step(stage, index);
        last = index;
        const double now = amiss();
        bestIsLast = now < least;
        if (bestIsLast) {
            least = now;
            kept.clear();
            for (const torch::Tensor& parameter : parameters)
                kept.push_back(parameter.detach().clone());
        }
        return now <= 0;
    };
    teach(*subject.network, parameters, lesson,
          {.epochs = m_params.repairEpochs, .learningRate = m_params.repairRate},
          m_context.generator("unlearn repair " + std::to_string(work.seed)), calls, "repair",
          m_params.increments + 1);
    if (bestIsLast)
        return;
    {
        const torch::NoGradGuard off;
        for (std::size_t i = 0; i < parameters.size(); ++i)
            torch::Tensor(parameters[i]).copy_(kept[i]);
    }
    record(work, subject, "repair", last + 1);
}

void UnlearnRun::keepChanges(const Subject& subject, bool repaired)
{
    const Subject before = freshSubject();
    for (std::size_t l = 0; l < subject.layers.size(); ++l)
        (repaired ? m_results.layers[l].repaired : m_results.layers[l].change) =
            relativeChange(subject.layers[l].weight, before.layers[l].weight);
}

void UnlearnRun::measureCurves(int seed, const DefenderDraw& draw)
{
    stage("Strength and number of images");
    const Subject subject = freshSubject();
    const auto add = [&](const char* curve, double x) {
        m_results.curves.push_back({curve, x, seed, ratesOf(*subject.network)});
    };
    const auto edit =
        makeEdit(subject, forgetImages(draw, m_params.samples), contrastImages(draw, m_params.samples));
    add("alpha", 0);
    for (const double alpha : searchedAlphas()) {
        edit->apply(alpha);
        add("alpha", alpha);
    }
    edit->apply(0);
    for (const int n : m_params.curve) {
        if (n > draw.forgetPool.numel() || n > draw.contrastPool.numel())
            continue;
        m_context.checkpoint();
        const auto one = makeEdit(subject, forgetImages(draw, n), contrastImages(draw, n));
        one->apply(m_results.alpha);
        add("samples", n);
        one->apply(0);
    }
    ++m_done;
}

void UnlearnRun::emit()
{
    stage("Figures");
    m_context.artifact("outcomes", toTensors(m_results));
    for (const UnlearnOutcome& o : m_results.outcomes) {
        if (o.seed != 0 || (o.method != "backdoored" && o.method != "edit" && o.method != "repair"))
            continue;
        const std::string of = o.method == "edit" ? "edited" : o.method == "repair" ? "repaired" : o.method;
        m_context.metric(
            reporting::rateNumber("asr." + of, o.rates.asr, "triggered images of other classes"));
        m_context.metric(reporting::rateNumber("ca." + of, o.rates.clean, "clean images"));
        m_context.metric(
            reporting::rateNumber("target." + of, o.rates.target, "clean images of the target class"));
        if (o.method != "backdoored")
            m_context.metric({.name = "seconds." + of, .value = o.seconds, .unit = "s"});
    }
    m_context.figure(methodsFigure(m_results));
    m_context.table(methodsTable(m_results));
    m_context.figure(costFigure(m_results));
    m_context.figure(samplesFigure(m_results));
    m_context.figure(changesFigure(m_results));
    m_context.table(layersTable(m_results));
    m_context.table(unitsTable(m_results));
    m_context.figure(alphaFigure(m_results, m_results.alpha, nullptr));
    emitUnlearnView(m_context, m_results, m_params.viewMethod, m_params.step, m_params.viewLayer);
    m_context.table(stepsTable(m_results));
    m_context.table(repeatsTable(m_results));
    m_context.table(curvesTable(m_results));
    BeforeAfter what;
    what.models = {{"backdoored", m_suspect.model}, {"edited", m_edited}};
    if (m_repaired)
        what.models.push_back({"repaired", m_repaired});
    what.set = m_suspect.set;
    what.ids = m_results.ids;
    what.poison = m_results.poison;
    what.tsne = m_params.tsne;
    what.done = m_done;
    what.total = m_total;
    emitBeforeAfter(m_context, what);
}

} // namespace assay::backdoor
