#pragma once

#include "plugins/encryption/keyed_params.h"

namespace assay::encryption {

/// Parameters of `encryption.key-defense`.
struct DefenseParams
{
    protocol::ModelRef model = {"fashion-convmixer"};
    reporting::AttackedImages images = {.count = 300};
    int keys = 3;
    KeyedScheme scheme;
    std::vector<std::string> keyFiles;
    int trainImages = 8000;
    KeyedLesson lesson;
    bool randomHead = true;
    std::vector<std::string> baselines;
    KeyedAttack attack;
    std::vector<double> eps = {4. / 255, 8. / 255, 16. / 255};
    int guesses = 5;
    int passes = 5;
    int queryImages = 50;
    int queries = 500;
    std::string viewVictim = "keyed-1";
    std::string viewThreat = "A5-right-key";
    double viewEps = 16. / 255;
};

template <class V>
void visit(V& v, DefenseParams& p)
{
    v.field("model", p.model)
        .label("Pre-trained network")
        .group("Models")
        .help("The public network that keys are trained into: a ConvMixer, a vision transformer or a "
              "convolutional network of a built-in architecture.");
    reporting::visitImages(v, p.images, "Drawn from the test split with the seed; all are attacked.");
    v.field("keys", p.keys)
        .label("Keys")
        .range(1, 20)
        .group("Key")
        .help("Secret pairs of embedding and head, each with a key of its own. With more than one, every "
              "question is answered by one drawn at random.");
    visitScheme(v, p.scheme);
    v.field("key_files", p.keyFiles)
        .label("Key files")
        .minItems(0)
        .advanced()
        .group("Key")
        .help("One file of hexadecimal digits for each key. Without, keys are made of the seed: repeatable, "
              "and no secret to whoever has the specification.");
    visitLesson(v, p);
    v.field("random_head", p.randomHead)
        .label("Heads start anew")
        .advanced()
        .group("Training")
        .help("Heads start from random weights, as published, instead of from the public one.");
    v.field("baselines", p.baselines)
        .label("Baselines")
        .minItems(0)
        .choices({"full", "scratch", "adversarial"},
                 {"Keyed, whole network tuned", "Keyed from scratch", "Adversarially trained, no key"})
        .group("Models")
        .help("Trained on the same images for as many epochs. The adversarial one learns from FGSM of the "
              "largest ε.");
    visitAttack(v, p.attack);
    v.field("eps", p.eps)
        .label("ε")
        .unit("of [0,1]")
        .range(1e-6, 1)
        .minItems(1)
        .group("Attack")
        .help("Radii of the curves.");
    v.field("guesses", p.guesses)
        .label("Guessed keys")
        .range(1, 100)
        .group("Attack")
        .help("Over whose answers the attacker without the key averages (EOT).");
    v.field("passes", p.passes)
        .label("Passes")
        .range(1, 1000)
        .advanced()
        .group("Attack")
        .help("How often the members are drawn anew to measure how much randomised answers vary.");
    v.field("query_images", p.queryImages)
        .label("Images of Square")
        .unit("images")
        .range(0, 100000)
        .group("Attack")
        .help("Taken from the front of the drawn images; 0 leaves the attack by questions out.");
    v.field("queries", p.queries).label("Questions of Square").range(1, 1000000).group("Attack");
    v.field("view_victim", p.viewVictim)
        .label("Shown model")
        .live()
        .group("View")
        .help("plain, keyed-1, keyed-2, ..., random, average, any, or a baseline.");
    v.field("view_threat", p.viewThreat)
        .label("The attacker knows")
        .choices({"A0-transfer", "A1-no-key", "A2-wrong-key", "A3-guessed-keys", "A4-other-member",
                  "A5-right-key", "A6-all-members"},
                 {"the public network", "a member's weights", "a member's weights, and guesses its key",
                  "a member's weights, and averages over guesses", "another member with its key",
                  "the first member with its key", "all members with their keys"})
        .live()
        .group("View")
        .help("Whose examples the gallery shows.");
    reporting::visitShownEps(v, p.viewEps);
}

} // namespace assay::encryption
