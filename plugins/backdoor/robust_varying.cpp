#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/trained_network.h"
#include "backend/metrics/image_similarity.h"
#include "backend/metrics/rates.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/robust_autoencoder.h"
#include "plugins/backdoor/robust_external.h"
#include "plugins/backdoor/robust_run.h"
#include "plugins/backdoor/robust_view.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr std::int64_t kLeastClean = 100;
constexpr std::int64_t kComparedAtOnce = 500;
constexpr std::int64_t kMostCompared = 2000; ///< for PSNR and SSIM

metrics::Rate rateAmong(const torch::Tensor& holds, const torch::Tensor& among)
{
    return metrics::wilson(holds.logical_and(among).sum().item<std::int64_t>(),
                           among.sum().item<std::int64_t>());
}

std::string hashOfBytes(const torch::Tensor& tensor)
{
    return engine::weightsHash({{"bytes", tensor}});
}

} // namespace

void RobustRun::makeVariation(Repeat& repeat)
{
    stage("Variations", false);
    repeat.variation = m_params.method == "autoencoder"
                           ? learnedVariation(repeat)
                           : variationWithoutTraining(m_params, m_set, m_context.seed());
    m_results.variation = repeat.variation->title();
    m_done += 1;
}

std::shared_ptr<const RobustVariation> RobustRun::learnedVariation(const Repeat& repeat)
{
    const bool clean = m_params.learnedOn == "clean";
    if (clean && m_spare.size(0) < kLeastClean)
        throw Error("there are only " + std::to_string(m_spare.size(0)) +
                        " training images besides the ones trained on",
                    "train_images",
                    "Train on fewer images, or let the autoencoder learn on the poisoned ones.");
    const torch::Tensor bytes = clean ? m_set->pixelsOf(data::Split::Train, m_spare) : repeat.set.images;
    const RobustAutoencoderSpec spec = autoencoderSpec(m_params, m_context.seed());
    Json key = {{"what", "robust autoencoder"}, {"method", 1}, {"images", hashOfBytes(bytes)}};
    key["spec"] = toJson(spec);
    const engine::TensorMap weights = m_context.cached(key, [&] {
        const auto trained =
            trainAutoencoder(bytes, spec, m_context.device(), [&](std::int64_t done, std::int64_t total) {
                m_context.checkpoint();
                m_context.progress(m_done + static_cast<double>(done) / static_cast<double>(total), m_total,
                                   "Training the autoencoder");
            });
        m_context.log("Autoencoder: mean squared error " + reporting::shortText(trained.losses.back()) +
                      " in its last epoch, over all depths of noise");
        return engine::TensorMap(trained.weights.begin(), trained.weights.end());
    });
    const models::NamedTensors named(weights.begin(), weights.end());
    if (repeat.number == 1)
        m_codeWeights = named;
    const std::vector<std::int64_t> size = m_bytes.sizes().slice(1).vec();
    return autoencoderVariation(named, spec, size, m_context.device(), m_context.seed());
}

torch::Tensor RobustRun::variationsOf(const Repeat& repeat, const RobustVariation& variation, double strength)
{
    const Json key = {{"what", "robust variations"},  {"method", 1},
                      {"variation", variation.key()}, {"strength", strength},
                      {"colours", m_params.colours},  {"images", hashOfBytes(repeat.set.images)},
                      {"ids", hashOfBytes(m_ids)}};
    const engine::TensorMap made = m_context.cached(key, [&] {
        return engine::TensorMap{
            {"images", variationBytes(variation, repeat.set.images, strength, m_ids, m_params.colours,
                                      m_context.device(), [&](std::int64_t done) {
                                          m_context.checkpoint();
                                          m_context.progress(m_done, m_total,
                                                             "Variations of " + std::to_string(done) +
                                                                 " of " + std::to_string(m_ids.size(0)) +
                                                                 " images");
                                      })}};
    });
    return made.at("images").cpu().contiguous();
}

void RobustRun::judgeVariations(const Repeat& repeat, double strength)
{
    const torch::Tensor& varied = repeat.varied.at(strength);
    const torch::Tensor logits = logitsOfBytes(*repeat.teacher, varied).to(torch::kFloat64);
    const torch::Tensor said = logits.argmax(1), labels = repeat.set.labels;
    const torch::Tensor ofLabel = logits.gather(1, labels.unsqueeze(1)).squeeze(1);
    const torch::Tensor others =
        logits.scatter(1, labels.unsqueeze(1), -std::numeric_limits<double>::infinity());
    const torch::Tensor score = std::get<0>(others.max(1)) - ofLabel;
    const torch::Tensor& poisoned = repeat.set.poisoned;
    const torch::Tensor clean = poisoned.logical_or(repeat.set.covers).logical_not();

    RobustSurvivalRow row{.strength = strength, .repeat = repeat.number};
    row.survived = rateAmong(said.eq(labels), poisoned);
    row.faithful = rateAmong(said.eq(m_truth), clean);
    row.caught = rateAmong(said.ne(labels), poisoned);
    row.auroc = aurocOf(score, poisoned);
    double psnr = 0, ssim = 0;
    const std::int64_t compared = std::min(kMostCompared, varied.size(0));
    for (std::int64_t first = 0; first < compared; first += kComparedAtOnce) {
        m_context.checkpoint();
        const std::int64_t count = std::min(kComparedAtOnce, compared - first);
        const auto part = [&](const torch::Tensor& bytes) {
            return bytes.narrow(0, first, count).to(torch::kFloat32).div_(255.0);
        };
        const torch::Tensor x = part(repeat.set.images), v = part(varied);
        psnr += metrics::psnr(x, v).clamp_max(metrics::kMostPsnr).sum().item<double>();
        ssim += metrics::ssim(x, v).sum().item<double>();
    }
    row.psnr = psnr / static_cast<double>(compared);
    row.ssim = ssim / static_cast<double>(compared);
    m_results.survival.push_back(row);
    if (repeat.number == 1 && strength == m_results.mainStrength)
        m_results.suspects = {.ids = m_ids,
                              .given = labels,
                              .truth = m_truth,
                              .said = said,
                              .score = score,
                              .poisoned = poisoned,
                              .strength = strength};
}

} // namespace assay::backdoor
