#include "plugins/backdoor/audit_run.h"

#include "backend/engine/reporting/attack_fields.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/suspect.h"

#include <ATen/Functions.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

namespace {

/// Seeds of the owner's networks lie apart from those of the suspects.
constexpr int kOwnersSeed = 1000;
/// Test images by which accuracies are measured.
constexpr std::int64_t kAccuracyImages = 2000;
constexpr int kTrainShift = 2;
/// Few images take small batches: after four epochs of 60 batches hardly anything has been learned by heart.
constexpr int kTrainBatch = 50;

/// Cross-entropy of each image, float32 [n] on the CPU.
torch::Tensor lossesOf(const models::Model& model, const torch::Tensor& bytes, const torch::Tensor& labels)
{
    const torch::Tensor logits = models::logitsChunked(model, bytes.to(torch::kFloat32).div(255)).cpu();
    return at::cross_entropy_loss(logits, labels, {}, at::Reduction::None);
}

torch::Tensor rowsWhere(const torch::Tensor& condition)
{
    return condition.nonzero().flatten();
}

} // namespace

AuditRun::AuditRun(engine::RunContext& context, AuditParams params)
    : m_context(context)
    , m_params(std::move(params))
{
    reporting::sortUnique(m_params.rates);
    reporting::sortUnique(m_params.kappas);
    reporting::keepFirsts(m_params.methods);
}

void AuditRun::execute()
{
    const models::SingleThread single;
    openInputs();
    trainOwners();
    makeTrigger();
    chooseMarked();
    emitMarked();
    trainSuspects();
    emitReport();
}

void AuditRun::openInputs()
{
    m_set = m_context.dataset(m_params.dataset);
    const data::DatasetInfo& info = m_set->info();
    m_results.classes = info.classes;
    m_results.target = classNamed(info.classes, m_params.target, "target");
    m_results.rates = m_params.rates;
    m_results.kappas = m_params.kappas;
    const std::int64_t available = m_set->size(data::Split::Train);
    const std::int64_t shadow = m_params.shadowImages, own = m_params.trainImages;
    if (shadow + 2 * own > available)
        throw Error(std::to_string(shadow) + " shadow images and " + std::to_string(own) +
                        " training images, with as many again for the references, are asked for; '" +
                        info.name + "' has " + std::to_string(available),
                    "shadow_images, train_images", "Ask for fewer: no image may be in two of them");
    const torch::Tensor order =
        torch::randperm(available, m_context.generator("audit images"), torch::kInt64);
    const torch::Tensor labels = m_set->labels(data::Split::Train);
    const auto part = [&](std::int64_t first, std::int64_t count) {
        const torch::Tensor ids = order.narrow(0, first, count).contiguous();
        return TrainingPart{m_set->pixelsOf(data::Split::Train, ids), labels.index_select(0, ids)};
    };
    m_shadowPart = part(0, shadow);
    m_base = part(shadow, own);
    m_referencePart = part(shadow + own, own);
    m_baseIds = order.narrow(0, shadow, own).contiguous();

    const torch::Tensor testLabels = m_set->labels(data::Split::Test);
    const torch::Tensor others = rowsWhere(testLabels.ne(m_results.target));
    const torch::Tensor drawn =
        torch::randperm(others.size(0), m_context.generator("audit queries"), torch::kInt64);
    const std::int64_t queries = std::min<std::int64_t>(m_params.count, others.size(0));
    m_results.queries = others.index_select(0, drawn.narrow(0, 0, queries)).contiguous();
    m_x = m_set->images(data::Split::Test, m_results.queries, m_context.device());
    const std::int64_t judged = std::min(kAccuracyImages, testLabels.size(0));
    const torch::Tensor test =
        torch::randperm(testLabels.size(0), m_context.generator("audit accuracy"), torch::kInt64)
            .narrow(0, 0, judged)
            .contiguous();
    m_testX = m_set->images(data::Split::Test, test, m_context.device());
    m_testY = testLabels.index_select(0, test);

    const bool controls = m_params.methods.size() > 1;
    const auto first = double(m_params.rates.size());
    const double kinds = 1 + first + (controls ? double(m_params.methods.size() - 1) : 0);
    m_total = 1 + m_params.references + kinds * m_params.seeds;
}

AuditRun::ModelPtr AuditRun::trained(const TrainingPart& part, const std::string& architecture,
                                     const std::string& name, int seed, bool augmented)
{
    const auto number = m_context.seed() + std::uint64_t(seed);
    training::TrainSpec spec{.epochs = m_params.epochs,
                             .batch = kTrainBatch,
                             .learningRate = m_params.learningRate,
                             .flip = augmented,
                             .shift = augmented ? kTrainShift : 0,
                             .initSeed = number,
                             .orderSeed = number};
    const engine::TrainingOrder order{
        .name = name, .architecture = architecture, .spec = spec, .done = m_done, .total = m_total};
    ModelPtr model = engine::trainedNetwork(m_context, part.images, part.labels,
                                            engine::cardFor(m_set->info(), part.images), order);
    ++m_done;
    return model;
}

void AuditRun::trainOwners()
{
    const std::string& architecture = m_params.shadowArchitecture;
    m_shadow = trained(m_shadowPart, architecture, "the shadow model", kOwnersSeed, false);
    for (int i = 1; i <= m_params.references; ++i)
        m_references.push_back(
            trained(m_referencePart, architecture, "reference " + std::to_string(i), kOwnersSeed + i, false));
}

void AuditRun::makeTrigger()
{
    const torch::Device device = m_context.device();
    const auto images = [&](const torch::Tensor& condition) {
        return m_shadowPart.images.index_select(0, rowsWhere(condition))
            .to(torch::kFloat32)
            .div(255)
            .to(device);
    };
    const torch::Tensor ofClass = m_shadowPart.labels.eq(m_results.target);
    const AuditTriggerPlan plan{.form = auditFormFromName(m_params.form),
                                .eps = m_params.eps,
                                .steps = m_params.steps,
                                .batch = m_params.batch,
                                .shift = m_params.shift,
                                .flip = m_params.flip,
                                .seed = m_context.seed()};
    const AuditTrigger trigger =
        optimiseAuditTrigger(*m_shadow, images(ofClass.logical_not()), images(ofClass), m_results.target,
                             plan, [&](std::int64_t) { m_context.checkpoint(); });
    m_results.loss = trigger.loss;
    for (const std::string& method : m_params.methods) {
        if (method == "trigger")
            m_markers.emplace_back(method, trigger.delta);
        else if (method == "random")
            m_markers.emplace_back(method, randomSigns(trigger.delta, m_params.eps, m_context.seed()));
        else
            m_markers.push_back(
                AuditMarker::mib(trigger.delta.size(0), trigger.delta.size(1), trigger.delta.size(2)));
    }
    m_context.artifact("trigger", {{"delta", trigger.delta}});
    m_context.figure(auditSearchFigure(m_results));
}

std::int64_t AuditRun::countAt(double rate) const
{
    return std::max<std::int64_t>(1, std::llround(rate * double(m_base.labels.size(0))));
}

void AuditRun::chooseMarked()
{
    const std::int64_t most = countAt(m_params.rates.back());
    const auto drawn = [&](const torch::Tensor& rows, const char* stream) {
        if (rows.size(0) < most)
            throw Error(std::to_string(most) + " images are to be marked and there are " +
                            std::to_string(rows.size(0)),
                        "rates", "Mark a smaller fraction, or train on more images");
        return rows.index_select(0,
                                 torch::randperm(rows.size(0), m_context.generator(stream), torch::kInt64));
    };
    m_own = drawn(rowsWhere(m_base.labels.eq(m_results.target)), "audit own");
    if (m_params.selection == "hard") {
        const torch::Tensor losses =
            lossesOf(*m_shadow, m_base.images.index_select(0, m_own), m_base.labels.index_select(0, m_own));
        m_own = m_own.index_select(0, losses.argsort(0, true));
    }
    m_own = m_own.narrow(0, 0, most).contiguous();
    const bool mib =
        std::ranges::any_of(m_markers, [](const AuditMarker& marker) { return marker.relabels(); });
    m_ownOthers = torch::empty({0}, torch::kInt64);
    if (mib)
        m_ownOthers =
            drawn(rowsWhere(m_base.labels.ne(m_results.target)), "audit mib").narrow(0, 0, most).contiguous();
}

AuditRun::TrainingPart AuditRun::markedPart(const AuditMarker& marker, double rate) const
{
    // What the owner has is in no set but marked, so that a suspect saw the marks or nothing of hers.
    torch::Tensor others = torch::ones({m_base.labels.size(0)}, torch::kBool);
    others.index_fill_(0, torch::cat({m_own, m_ownOthers}), false);
    const torch::Tensor rest = rowsWhere(others);
    TrainingPart part{m_base.images.index_select(0, rest), m_base.labels.index_select(0, rest)};
    if (rate <= 0)
        return part;
    const torch::Tensor rows = ownOf(marker).narrow(0, 0, countAt(rate));
    const torch::Tensor labels =
        marker.relabels() ? torch::full_like(rows, m_results.target) : m_base.labels.index_select(0, rows);
    part.images = torch::cat({part.images, marker.published(m_base.images.index_select(0, rows))});
    part.labels = torch::cat({part.labels, labels});
    return part;
}

std::size_t AuditRun::addNetwork(const models::Model& model, AuditNetwork network)
{
    const torch::Tensor predicted = models::predict(model, m_testX);
    network.accuracy = metrics::wilson(predicted.eq(m_testY).sum().item<std::int64_t>(), m_testY.size(0));
    m_results.networks.push_back(std::move(network));
    return m_results.networks.size() - 1;
}

void AuditRun::ask(std::size_t network, const models::Model& model, const AuditMarker& marker)
{
    m_context.checkpoint();
    AuditAnswer answer{.network = network, .method = marker.method()};
    std::vector<torch::Tensor> hits;
    for (const double kappa : m_results.kappas)
        hits.push_back(models::predict(model, marker.queries(m_x, kappa)).eq(m_results.target));
    answer.hits = torch::stack(hits);
    const torch::Tensor rows = ownOf(marker);
    const torch::Tensor labels =
        marker.relabels() ? torch::full_like(rows, m_results.target) : m_base.labels.index_select(0, rows);
    answer.loss =
        lossesOf(model, marker.published(m_base.images.index_select(0, rows)), labels).mean().item<double>();
    m_results.answers.push_back(std::move(answer));
}

void AuditRun::trainSuspects()
{
    for (std::size_t i = 0; i < m_references.size(); ++i) {
        const std::size_t network =
            addNetwork(*m_references[i], {.name = "reference " + std::to_string(i + 1), .seed = int(i) + 1});
        for (const AuditMarker& marker : m_markers)
            ask(network, *m_references[i], marker);
    }
    const auto suspect = [&](const AuditMarker& marker, double rate, int seed) {
        AuditNetwork network{
            .role = rate > 0 ? AuditRole::Marked : AuditRole::Innocent, .rate = rate, .seed = seed};
        network.method = rate > 0 ? marker.method() : "";
        network.name =
            (rate > 0 ? marker.method() + " " + reporting::shortText(100 * rate) + " %" : "innocent") + " " +
            std::to_string(seed);
        const ModelPtr model =
            trained(markedPart(marker, rate), m_params.architecture, network.name, seed, m_params.augmented);
        if (rate > 0)
            m_firstMarked = model;
        const std::size_t at = addNetwork(*model, network);
        for (const AuditMarker& asked : m_markers)
            if (rate <= 0 || asked.method() == marker.method())
                ask(at, *model, asked);
    };
    for (int seed = 1; seed <= m_params.seeds; ++seed) {
        suspect(m_markers.front(), 0, seed);
        for (const AuditMarker& marker : m_markers) {
            // Controls at the largest fraction alone: the curve is the first method's.
            const bool control = &marker != &m_markers.front();
            for (const double rate : m_params.rates)
                if (!control || rate == m_params.rates.back())
                    suspect(marker, rate, seed);
        }
        m_context.table(auditTable(m_results, auditView(m_params, m_results)));
    }
}

} // namespace assay::backdoor
