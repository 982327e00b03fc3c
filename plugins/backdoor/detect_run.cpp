#include "plugins/backdoor/detect_run.h"

#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/backdoor/detect_clustering.h"
#include "plugins/backdoor/detect_scale_up.h"
#include "plugins/backdoor/detect_spectral.h"
#include "plugins/backdoor/detect_strip.h"

#include <torch/types.h>

#include <algorithm>
#include <chrono>

namespace assay::backdoor {

namespace {

/// Images of each kind whose confidences under every number of amplified layers are kept.
constexpr std::int64_t kDepthImages = 40;
/// Bytes of training images kept for the gallery, of one model.
constexpr std::int64_t kKeptTrainingBytes = 8 << 20;

torch::Tensor bytesOf(const torch::Tensor& x)
{
    return (x * 255).round().to(torch::kUInt8).cpu().contiguous();
}

/// The first rows of each kind.
torch::Tensor someOfEach(const torch::Tensor& poisoned, std::int64_t most)
{
    std::vector<torch::Tensor> rows;
    for (const bool kind : {false, true}) {
        const torch::Tensor own = poisoned.eq(kind).nonzero().flatten();
        rows.push_back(own.narrow(0, 0, std::min(most, own.numel())));
    }
    return torch::cat(rows);
}

} // namespace

void DetectRun::execute()
{
    DetectParams params = m_params;
    reporting::keepFirsts(params.detectors);
    const std::vector<DetectSubject> subjects = openSubjects(m_context, m_params);
    const data::DatasetInfo& info = subjects.front().suspect.set->info();
    m_results.dataset = info.name;
    m_results.classes = info.classes;
    m_results.corruptions = m_params.corruptions;
    m_total = static_cast<double>(subjects.size() * params.detectors.size()) * m_params.seeds;
    for (const DetectSubject& subject : subjects) {
        DetectSubjectResults& s = m_results.subjects.emplace_back();
        s.name = subject.name;
        s.trigger = subject.trigger;
        s.text = poisoning::describe(subject.poison.trigger, info.height, info.width);
        for (int seed = 0; seed < m_params.seeds; ++seed)
            examine(subject, seed);
    }
    m_context.artifact("outcomes", toTensors(m_results));
    emitDetectTables(m_context, m_results, m_params);
    emitDetectFigures(m_context, m_results);
    emitDetectView(m_context, m_results, m_params);
}

void DetectRun::examine(const DetectSubject& subject, int seed)
{
    m_context.checkpoint();
    const bool training = std::ranges::any_of(
        m_params.detectors, [](const std::string& id) { return detectorInfo(id).trainingSet; });
    const DetectDraw draw = drawJudged(m_context, subject, m_params, seed, training);
    if (seed == 0) {
        m_context.log(subject.name + ": " + std::to_string(draw.reached) + " of " +
                      std::to_string(draw.tried) + " images with the trigger (" + shown().text +
                      ") are taken for its target.");
        if (training && !draw.training)
            m_context.log(subject.name + ": the card does not tell the poisoned training set; Spectral "
                                         "Signatures and Activation Clustering look at the test images.");
        keepImages(subject, draw);
    }
    for (const DetectorInfo& info : detectorInfos())
        if (std::ranges::find(m_params.detectors, info.id) != m_params.detectors.end())
            detect(subject, draw, info.id, seed);
}

void DetectRun::keepImages(const DetectSubject& subject, const DetectDraw& draw)
{
    shown().images = bytesOf(draw.test.queries.x);
    if (!draw.training)
        return;
    const torch::Tensor& x = draw.training->queries.x;
    const std::int64_t fit =
        kKeptTrainingBytes / subject.suspect.set->info().channels / (x.size(2) * x.size(3));
    shown().trainingImages = bytesOf(x.narrow(0, 0, std::min(x.size(0), fit)));
}

void DetectRun::detect(const DetectSubject& subject, const DetectDraw& draw, const std::string& id, int seed)
{
    m_context.progress(m_done++, m_total, detectorInfo(id).title + " on " + subject.name);
    const bool training = detectorInfo(id).trainingSet && draw.training.has_value();
    const DetectJudged& judged = training ? *draw.training : draw.test;
    const auto detector = made(id, subject, draw, seed);
    DetectOutcome outcome{.subject = static_cast<std::int64_t>(m_results.subjects.size()) - 1,
                          .seed = seed,
                          .detector = id,
                          .ofTraining = training,
                          .scores = {},
                          .poisoned = judged.poisoned,
                          .ids = judged.queries.ids,
                          .truth = judged.truth,
                          .filed = judged.queries.labels,
                          .reference = torch::empty({0}, torch::kFloat64),
                          .own = {}};
    const auto start = std::chrono::steady_clock::now();
    auto* teco = dynamic_cast<TecoDetector*>(detector.get());
    if (teco) {
        const torch::Tensor hardness = teco->hardness(judged.queries);
        outcome.scores = tecoSpread(hardness, m_params.measure);
        if (seed == 0)
            shown().hardness = hardness;
    } else {
        outcome.scores = detector->scores(judged.queries);
    }
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    outcome.own = detector->ownThreshold();
    if (training)
        outcome.ids = outcome.ids + subject.suspect.set->size(data::Split::Test);
    if (!detectorInfo(id).trainingSet)
        outcome.reference = detector->scores({draw.reference.x, draw.reference.ids, draw.reference.labels});
    if (auto* psc = dynamic_cast<PscDetector*>(detector.get()); psc && seed == 0) {
        shown().depthRows = someOfEach(judged.poisoned, kDepthImages);
        shown().confidences = psc->confidences(
            judged.queries.x.index_select(0, shown().depthRows.to(judged.queries.x.device())),
            [this] { m_context.checkpoint(); });
    }
    m_results.outcomes.push_back(std::move(outcome));
}

std::unique_ptr<PoisonDetector> DetectRun::made(const std::string& id, const DetectSubject& subject,
                                                const DetectDraw& draw, int seed)
{
    const models::Model& model = *subject.suspect.model;
    const auto checkpoint = [this] { m_context.checkpoint(); };
    if (id == "psc")
        return madePsc(subject, draw, seed);
    if (id == "teco")
        return std::make_unique<TecoDetector>(model,
                                              TecoOptions{.corruptions = m_params.corruptions,
                                                          .preset = m_params.preset,
                                                          .cumulative = m_params.cumulative,
                                                          .measure = m_params.measure,
                                                          .threshold = m_params.tecoThreshold},
                                              m_context.seed(), checkpoint);
    if (id == "strip")
        return std::make_unique<StripDetector>(
            model, draw.reference, StripOptions{.overlays = m_params.overlays, .add = m_params.mix == "add"},
            checkpoint);
    if (id == "scale-up")
        return std::make_unique<ScaleUpDetector>(
            model, draw.reference,
            ScaleUpOptions{.factors = m_params.factors, .normalise = m_params.normalise});
    if (id == "spectral")
        return std::make_unique<SpectralDetector>(model, m_params.expectedRate);
    return std::make_unique<ClusteringDetector>(
        model, m_context.generator("detect.clusters." + std::to_string(seed)));
}

std::unique_ptr<PoisonDetector> DetectRun::madePsc(const DetectSubject& subject, const DetectDraw& draw,
                                                   int seed)
{
    auto psc = std::make_unique<PscDetector>(*subject.suspect.model, draw.reference,
                                             PscOptions{.omegas = m_params.omegas,
                                                        .xi = m_params.xi,
                                                        .members = m_params.members,
                                                        .threshold = m_params.pscThreshold,
                                                        .compat = m_params.compat},
                                             [this] { m_context.checkpoint(); });
    shown().traces.push_back(psc->traces());
    shown().layerKind = psc->layerKind();
    const PscTrace& chosen = psc->chosen();
    if (psc->nothingCrossed())
        m_context.log(subject.name + ", repeat " + std::to_string(seed) + ": amplified by " +
                          reporting::shortText(chosen.omega) + " no number of the " +
                          std::to_string(psc->layers()) + " " + psc->layerKind() +
                          " takes the error above ξ = " + reporting::shortText(m_params.xi) +
                          "; all of them are amplified, and the threshold T means little. Add a larger ω.",
                      protocol::LogLevel::Warning);
    else if (seed == 0)
        m_context.log(subject.name + ": IBD-PSC amplifies the last " + std::to_string(chosen.k) + " of " +
                      std::to_string(psc->layers()) + " " + psc->layerKind() + " and more by " +
                      reporting::shortText(chosen.omega) + ".");
    return psc;
}

} // namespace assay::backdoor
