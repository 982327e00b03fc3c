#pragma once

#include "backend/encryption/cipher.h"
#include "backend/engine/reporting/attack_fields.h"
#include "plugins/encryption/keyed_training.h"

#include <string>
#include <vector>

namespace assay::encryption {

// What the studies of keyed models have in common: the same names in specs, the same words in forms.

/// How pixels are encrypted in front of a network.
struct KeyedScheme
{
    std::string scheme = "shf";
    int block = 0;
};

/// The attack that every threat model runs.
struct KeyedAttack
{
    std::string attack = "pgd";
    int steps = 10;
    double stepShare = 0.125; ///< of eps; 0: the attack's own
    Json attackParams = Json::object();

    attacks::Budget at(double eps) const;
    /// "PGD, 10 steps".
    std::string title() const;
};

template <class V>
void visitScheme(V& v, KeyedScheme& p)
{
    v.field("scheme", p.scheme)
        .label("Scheme")
        .choices({"shf", "np", "ffx"}, {"SHF: pixels of a block shuffled", "NP: half of them inverted",
                                        "FFX: half of them enciphered"})
        .group("Key")
        .help(
            "What the key does to every block of pixels. FFX has no gradient: attacks go straight through.");
    v.field("block", p.block)
        .label("Block")
        .unit("pixels")
        .range(0, 64)
        .group("Key")
        .help("Side of a block. 0 takes the patch of the network's first layer.");
}

/// @tparam P has `trainImages` and `lesson`.
template <class V, class P>
void visitLesson(V& v, P& p)
{
    v.field("train_images", p.trainImages)
        .label("Training images")
        .unit("images")
        .range(100, 10000000)
        .group("Training")
        .help("Drawn from the training split with the seed, the same for every key.");
    v.field("epochs", p.lesson.epochs).label("Epochs").range(1, 1000).group("Training").help("For each key.");
    v.field("batch", p.lesson.batch).label("Batch").range(2, 4096).advanced().group("Training");
    v.field("learning_rate", p.lesson.learningRate)
        .label("Learning rate")
        .range(1e-7, 1)
        .group("Training")
        .help(
            "Of AdamW, falling to 0: of embedding, head and other small parts. Low-rank updates and training "
            "from scratch take half of it, the whole network a tenth.");
    v.field("weight_decay", p.lesson.weightDecay)
        .label("Weight decay")
        .range(0, 1)
        .advanced()
        .group("Training");
    v.field("augment", p.lesson.augment)
        .label("Augmentation")
        .advanced()
        .group("Training")
        .help("Mirrors images at random and moves them by up to a pixel, before they are encrypted.");
}

template <class V>
void visitAttack(V& v, KeyedAttack& p)
{
    const reporting::AttackChoices choices = reporting::attackChoices(reporting::Attacks::Gradient);
    v.field("attack", p.attack)
        .label("Attack")
        .choices(choices.ids, choices.titles)
        .group("Attack")
        .help("Run by every attacker, each on the model that they can make of what they know. L∞.");
    v.field("steps", p.steps).label("Steps").range(1, 10000).group("Attack");
    v.field("step_share", p.stepShare)
        .label("Step / ε")
        .range(0, 1)
        .advanced()
        .group("Attack")
        .help("Step size as a share of ε. 0 takes the attack's own.");
    reporting::visitAttackParams(v, p.attackParams, choices.parameters, {"attack"});
}

} // namespace assay::encryption
