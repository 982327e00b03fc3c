#pragma once

#include "backend/encryption/cipher.h"
#include "backend/engine/run_context.h"
#include "plugins/encryption/keyed_tuning.h"

#include <torch/types.h>

#include <memory>
#include <string>

namespace assay::encryption {

/// How the weights of a key are learned: AdamW, the rate falling to 0. Augmentation comes before encryption.
struct KeyedLesson
{
    int epochs = 5;
    int batch = 128;
    double learningRate = 1e-2; ///< of embedding and head; other methods take rateFactor() times it
    double weightDecay = 0.01;  ///< decoupled, of tensors of two or more dimensions
    bool cosine = false;        ///< else linear
    double smoothing = 0;       ///< of labels
    bool augment = false;       ///< mirrored at random, and moved by up to a pixel
    /// Above 0: images are perturbed by one step of FGSM of 1.25 times this from a random start before the
    /// network learns from them (Wong et al. 2020).
    double adversary = 0;
};
Json toJson(const KeyedLesson& lesson);

/// What a key's training is given.
struct KeyedOrder
{
    std::string name; ///< in progress: "key 1"
    std::shared_ptr<const models::Model> base;
    Tuning tuning = Tuning::EmbeddingHead;
    int rank = 8;
    bool randomHead = true;
    std::shared_ptr<const Cipher> cipher; ///< null: plain images
    KeyedLesson lesson;
    std::string stream; ///< of the run's generators: names order and initial weights
    double done = 0;    ///< where the run's progress stands before it, in units of `total`
    double total = 1;
};

/// A network with weights of its own for a key.
struct KeyedMember
{
    std::shared_ptr<models::Network> network; ///< takes encrypted images; eval mode, frozen, updates merged
    models::NamedTensors delta;               ///< deltaOf() the base
    std::vector<LowRank> lowRank;
    std::int64_t trained = 0; ///< numbers that were learned
    double seconds = 0;       ///< of training, also when it was taken from the cache
    std::int64_t deltaBytes() const;
};

/// Images to learn from, on the CPU.
struct KeyedImages
{
    torch::Tensor images; ///< uint8 [N,C,H,W]
    torch::Tensor labels; ///< int64 [N]
    std::string hash;     ///< tells them from others
};
/// @p count training images, drawn with the run's seed.
KeyedImages drawKeyedImages(engine::RunContext& context, const data::Dataset& set, std::int64_t count);

/// Trains, or takes from the cache where the same key, base and numbers were trained before. The cache knows
/// the key by a hash of what it makes of a few images. @throws Error when the loss is no longer finite.
KeyedMember trainKeyed(engine::RunContext& context, const KeyedImages& images, const KeyedOrder& order);

} // namespace assay::encryption
