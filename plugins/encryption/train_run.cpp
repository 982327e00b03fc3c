#include "plugins/encryption/train_run.h"

#include "backend/engine/trained_network.h"
#include "backend/models/initialise.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "plugins/encryption/train_view.h"

#include <torch/types.h>

#include <algorithm>
#include <chrono>

namespace assay::encryption {

namespace {

/// Numbers of test images begin here, so that no training image shares an order or a key with one of them.
constexpr std::int64_t kFirstTestNumber = std::int64_t(1) << 40;

double secondsSince(std::chrono::steady_clock::time_point began)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

Json classifierOptions(const TrainParams& params, const TrainScheme& scheme)
{
    Json options = {{"patch", scheme.cipher ? params.block : params.patch},
                    {"width", params.classifierWidth},
                    {"depth", params.layers},
                    {"heads", params.heads},
                    {"positions", scheme.positions ? 1 : 0},
                    {"reattention", params.attention == "reattention" ? 1 : 0}};
    if (scheme.neura) {
        options["patch"] = 1;
        options["patch_width"] = scheme.neura->width;
    } else if (params.joint) {
        options["stem"] = params.width;
    }
    return options;
}

models::ModelCard classifierCard(const TrainSet& set, const torch::Tensor& encoded)
{
    const data::DatasetInfo info{.name = set.name,
                                 .classes = set.classes,
                                 .channels = encoded.size(1),
                                 .height = encoded.size(2),
                                 .width = encoded.size(3)};
    return engine::cardFor(info, encoded);
}

} // namespace

void TrainRun::execute()
{
    const models::SingleThread guard;
    openSets();
    planTrainings();
    trainAll();
    attackAll();
    emitReport();
}

void TrainRun::openSets()
{
    const bool tintable = canBeTinted(m_context.dataset(m_params.dataset)->info());
    if (!tintable && m_params.tint != "as-is")
        m_context.log("Only Fashion-MNIST is tinted; the images are taken as they are");
    if (tintable && m_params.tint != "as-is")
        m_results.sets.push_back(trainSetOf(m_context, m_params, true));
    if (!tintable || m_params.tint != "tinted")
        m_results.sets.push_back(trainSetOf(m_context, m_params, false));
}

void TrainRun::planTrainings()
{
    for (const std::string& id : m_params.schemes) {
        if (std::ranges::find(m_schemes, id, &TrainScheme::id) == m_schemes.end())
            m_schemes.push_back(trainScheme(id, m_params));
    }
    std::vector<int> depths = m_params.depths;
    std::ranges::sort(depths);
    for (const int depth : depths) {
        TrainScheme scheme = trainScheme(m_params.attacked, m_params);
        scheme.neura->depth = depth;
        if (m_depths.empty() || m_depths.back().neura->depth != depth)
            m_depths.push_back(std::move(scheme));
    }
    m_total =
        static_cast<double>(m_results.sets.size() * m_schemes.size() + m_depths.size()) * m_params.repeats +
        static_cast<double>(m_params.attackDepths.size());
}

void TrainRun::trainAll()
{
    for (std::size_t set = 0; set < m_results.sets.size(); ++set)
        for (const TrainScheme& scheme : m_schemes)
            train(set, scheme, false);
    for (const TrainScheme& scheme : m_depths)
        train(0, scheme, true);
}

void TrainRun::train(std::size_t set, const TrainScheme& scheme, bool ofDepths)
{
    const std::string key = scheme.key().dump() + std::to_string(set);
    if (const auto done = m_done.find(key); done != m_done.end()) {
        TrainOutcome copy = m_results.outcomes[done->second];
        copy.ofDepths = ofDepths;
        copy.scheme = scheme.id;
        copy.title = scheme.title;
        m_results.outcomes.push_back(std::move(copy));
        m_progress += m_params.repeats;
        return;
    }
    TrainOutcome outcome{.set = set,
                         .scheme = scheme.id,
                         .title = scheme.title,
                         .depth = scheme.neura ? scheme.neura->depth : 0,
                         .ofDepths = ofDepths};
    const TrainSet& images = m_results.sets[set];
    std::vector<torch::Tensor> predicted;
    for (int repeat = 0; repeat < m_params.repeats; ++repeat) {
        const auto began = std::chrono::steady_clock::now();
        const Trained trained = trainOnce(images, scheme, repeat);
        outcome.seconds += secondsSince(began);
        predicted.push_back(models::predict(*trained.model, trained.published));
        if (repeat == 0) {
            for (const auto& [name, tensor] : trained.model->namedParameters())
                outcome.parameters += tensor.numel();
            if (scheme.hasKey())
                askWrongKeys(outcome, images, scheme, repeat, trained);
        }
        m_progress += 1;
    }
    outcome.predicted = torch::stack(predicted);
    m_done[key] = m_results.outcomes.size();
    m_results.outcomes.push_back(std::move(outcome));
}

std::vector<SecretKey> TrainRun::keysOf(const TrainScheme& scheme, int repeat) const
{
    std::vector<SecretKey> keys;
    const int owners = scheme.hasKey() ? m_params.owners : 1;
    for (int owner = 0; owner < owners; ++owner)
        keys.push_back(trainKey(m_context.seed(), owner, repeat));
    return keys;
}

TrainRun::Trained TrainRun::trainOnce(const TrainSet& set, const TrainScheme& scheme, int repeat)
{
    m_context.progress(m_progress, m_total, "Encrypting: " + scheme.title);
    m_context.checkpoint();
    const auto encoder = std::make_shared<const TrainEncoder>(scheme, keysOf(scheme, repeat), set.trainImages,
                                                              m_context.device());
    const torch::Tensor encoded = encoder->encode(set.trainImages, set.trainIds);
    m_context.checkpoint();
    const std::uint64_t seed = m_context.seed() + 1000 * static_cast<std::uint64_t>(repeat) + 1;
    const engine::TrainingOrder order{.name = scheme.title + " on " + set.name,
                                      .architecture = "patch_transformer",
                                      .options = classifierOptions(m_params, scheme),
                                      .spec = {.epochs = m_params.epochs,
                                               .batch = m_params.batch,
                                               .learningRate = m_params.learningRate,
                                               .weightDecay = 0,
                                               .schedule = training::Schedule::Cosine,
                                               .initSeed = seed,
                                               .orderSeed = seed,
                                               .optimiser = training::Optimiser::Adam},
                                      .done = m_progress,
                                      .total = m_total};
    Trained trained{.encoder = encoder};
    trained.model =
        engine::trainedNetwork(m_context, encoded, set.trainLabels, classifierCard(set, encoded), order);
    trained.published = encoder->encode(set.testImages, set.testIds + kFirstTestNumber);
    return trained;
}

void TrainRun::askWrongKeys(TrainOutcome& outcome, const TrainSet& set, const TrainScheme& scheme, int repeat,
                            const Trained& trained)
{
    std::vector<double> accuracies;
    const std::vector<SecretKey> keys = keysOf(scheme, repeat);
    for (const SecretKey& key : keys)
        outcome.fingerprints += (outcome.fingerprints.empty() ? "" : " ") + key.fingerprint();
    for (int wrong = 0; wrong < m_params.wrongKeys; ++wrong) {
        m_context.checkpoint();
        std::vector<SecretKey> flipped;
        for (const SecretKey& key : keys)
            flipped.push_back(key.withBitFlipped(static_cast<std::size_t>(wrong)));
        const TrainEncoder encoder(scheme, flipped, set.trainImages, m_context.device());
        const torch::Tensor said =
            models::predict(*trained.model, encoder.encode(set.testImages, set.testIds + kFirstTestNumber));
        accuracies.push_back(said.eq(set.testLabels).to(torch::kFloat64).mean().item<double>());
    }
    outcome.wrongLow = *std::ranges::min_element(accuracies);
    outcome.wrongHigh = *std::ranges::max_element(accuracies);
    outcome.wrongKey = 0;
    for (const double accuracy : accuracies)
        outcome.wrongKey += accuracy / static_cast<double>(accuracies.size());
}

void TrainRun::attackAll()
{
    std::vector<int> depths = m_params.attackDepths;
    std::ranges::sort(depths);
    depths.erase(std::unique(depths.begin(), depths.end()), depths.end());
    const TrainScheme scheme = trainScheme(m_params.attacked, m_params);
    m_results.attackedTitle = scheme.title;
    m_results.attackedSet = m_results.sets.front().title;
    for (const int depth : depths) {
        NeuraSpec spec = *scheme.neura;
        spec.depth = depth;
        m_results.attacked.push_back(attackNeura({.context = m_context,
                                                  .set = m_results.sets.front(),
                                                  .params = m_params,
                                                  .done = m_progress,
                                                  .total = m_total},
                                                 spec));
        m_progress += 1;
    }
}

void TrainRun::emitReport()
{
    emitTrainTables(m_context, m_results);
    emitTrainFigures(m_context, m_results);
    emitTrainMetrics(m_context, m_results);
    emitTrainGalleries(m_context, m_results, m_schemes);
    const TrainView view = trainViewOf(m_results, m_schemes);
    m_context.artifact("view", view.tensors());
    emitTrainView(m_context, view, m_params);
}

} // namespace assay::encryption
