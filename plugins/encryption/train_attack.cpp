#include "backend/engine/trained_network.h"
#include "plugins/encryption/neura_attacks.h"
#include "plugins/encryption/train_run.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>

namespace assay::encryption {

namespace {

/// Candidates shown for each encoding.
constexpr std::int64_t kCandidatesShown = 5;
/// Order of the numbers that an attack leaves in the cache.
enum NeuraNumber { kOfPlaintext, kOfRegression, kOfMmdBefore, kOfMmdAfter, kOfSeconds, kNeuraNumbers };

/// The images of both sides and their encodings by the attacked network.
struct NeuraPairs
{
    torch::Tensor pairsIn, pairsOut;     ///< of the plaintext attack
    torch::Tensor galleryIn, galleryOut; ///< test images, which no attacker has learned on
};

NeuraPairs openTarget(const NeuraTarget& target, const NeuraSpec& spec)
{
    const TrainSet& set = target.set;
    const NeuraEncoder encoder(spec, trainKey(target.context.seed(), 0, 0), set.trainImages,
                               target.context.device());
    const std::int64_t n = std::min<std::int64_t>(target.params.attackImages, set.trainImages.size(0));
    const std::int64_t g = std::min<std::int64_t>(target.params.gallery, set.testImages.size(0));
    const torch::Tensor pairs = set.trainImages.narrow(0, 0, n), gallery = set.testImages.narrow(0, 0, g);
    return {.pairsIn = encoder.normalised(pairs),
            .pairsOut = encoder.ordered(pairs),
            .galleryIn = encoder.normalised(gallery),
            .galleryOut = encoder.ordered(gallery)};
}

engine::TensorMap runAttacks(const NeuraTarget& target, const NeuraSpec& spec,
                             const NeuraAttackSpec& plaintext, const NeuraAttackSpec& mmd)
{
    const auto began = std::chrono::steady_clock::now();
    const NeuraPairs a = openTarget(target, spec);
    const auto stepOf = [&](const char* what, double first) -> NeuraStep {
        return [&target, what, first, depth = spec.depth](std::int64_t done, std::int64_t all) {
            target.context.checkpoint();
            target.context.progress(target.done + first +
                                        0.5 * static_cast<double>(done) / static_cast<double>(all),
                                    target.total, std::string(what) + ", depth " + std::to_string(depth));
        };
    };
    engine::TensorMap found;
    torch::Tensor numbers = torch::zeros({kNeuraNumbers}, torch::kFloat64);
    const torch::Tensor published = a.galleryOut.mean(1);
    const auto identify = [&](const char* name, const torch::Tensor& guess) {
        const Reidentified who =
            reidentify(guess.mean(1), published, std::min(kCandidatesShown, guess.size(0)));
        found[std::string(name) + ".rank"] = who.rank;
        found[std::string(name) + ".nearest"] = who.nearest;
    };

    const NeuraStudent student =
        plaintextAttack(spec, a.pairsIn, a.pairsOut, plaintext, stepOf("Plaintext attack", 0));
    const torch::Tensor guess = student.encode(a.galleryIn);
    numbers[kOfPlaintext] = normalisedError(guess, a.galleryOut);
    identify("plaintext", guess);
    const NeuraRegression fit = regressionAttack(spec.patch, a.pairsIn, a.pairsOut);
    const torch::Tensor fitted = fit.encode(a.galleryIn, spec.patch);
    numbers[kOfRegression] = normalisedError(fitted, a.galleryOut);
    identify("regression", fitted);

    // Nothing is paired: one half was published, the other is the attacker's own.
    const std::int64_t half = a.pairsIn.size(0) / 2;
    const torch::Tensor means = a.pairsOut.narrow(0, 0, half).mean(1), own = a.pairsIn.narrow(0, half, half);
    NeuraStudent blind(spec, own.size(1), own.size(2), own.size(3), at::detail::createCPUGenerator(mmd.seed),
                       target.context.device());
    blind.freeze(own);
    const NeuraStudent matched = mmdAttack(spec, own, means, mmd, stepOf("MMD attack", 0.5));
    numbers[kOfMmdBefore] = squaredMmd(blind.encode(own).mean(1), means).item<double>();
    numbers[kOfMmdAfter] = squaredMmd(matched.encode(own).mean(1), means).item<double>();
    identify("mmd", matched.encode(a.galleryIn));
    numbers[kOfSeconds] = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    found["numbers"] = numbers;
    return found;
}

metrics::Rate firstRate(const torch::Tensor& rank)
{
    return metrics::wilson(rank.eq(0).sum().item<std::int64_t>(), rank.size(0));
}

} // namespace

SecretKey trainKey(std::uint64_t seed, int owner, int repeat)
{
    return SecretKey::forExperiment(seed, "encryption.train owner " + std::to_string(owner) + " training " +
                                              std::to_string(repeat));
}

NeuraAttacked attackNeura(const NeuraTarget& target, const NeuraSpec& spec)
{
    const TrainParams& params = target.params;
    const std::uint64_t seed = target.context.seed() + 7;
    const NeuraAttackSpec plaintext{
        .epochs = params.attackEpochs, .learningRate = params.attackRate, .seed = seed};
    const NeuraAttackSpec mmd{
        .epochs = params.mmdEpochs, .batch = 50, .learningRate = params.attackRate, .seed = seed};
    const Json key = {{"what", "attacks on a random encoder"},
                      {"method", 1},
                      {"encoder", toJson(spec)},
                      {"key", trainKey(target.context.seed(), 0, 0).fingerprint()},
                      {"plaintext", toJson(plaintext)},
                      {"mmd", toJson(mmd)},
                      {"pairs", params.attackImages},
                      {"gallery", params.gallery},
                      {"images", engine::weightsHash(
                                     {{"test", target.set.testImages}, {"train", target.set.trainImages}})}};
    const engine::TensorMap found =
        target.context.cached(key, [&] { return runAttacks(target, spec, plaintext, mmd); });
    const torch::Tensor numbers = found.at("numbers").cpu();
    const auto number = [&](NeuraNumber which) { return numbers[which].item<double>(); };
    NeuraAttacked attacked{.depth = spec.depth,
                           .plaintext = number(kOfPlaintext),
                           .regression = number(kOfRegression),
                           .mmdBefore = number(kOfMmdBefore),
                           .mmdAfter = number(kOfMmdAfter),
                           .seconds = number(kOfSeconds)};
    attacked.byPlaintext = firstRate(found.at("plaintext.rank"));
    attacked.byRegression = firstRate(found.at("regression.rank"));
    attacked.byMmd = firstRate(found.at("mmd.rank"));
    attacked.candidates = attacked.byMmd.n;
    attacked.nearest = found.at("mmd.nearest").cpu();
    return attacked;
}

} // namespace assay::encryption
