#pragma once

#include "plugins/encryption/keyed_params.h"

namespace assay::encryption {

/// Parameters of `encryption.proliferate`.
struct ProliferateParams
{
    protocol::ModelRef model = {"fashion-convmixer"};
    reporting::AttackedImages images = {.count = 200};
    int devices = 4;
    std::string method = "lora";
    int rank = 8;
    KeyedScheme scheme;
    int trainImages = 5000;
    KeyedLesson lesson = {.epochs = 3, .cosine = true, .smoothing = 0.1};
    std::vector<std::string> methods = {"embedding-head", "bitfit", "norm", "head", "full", "scratch"};
    std::vector<int> ranks = {2};
    KeyedAttack attack;
    double eps = 16. / 255;
    int guesses = 5;
    int queryImages = 50;
    int queries = 500;
    bool permutedStem = true;
    bool revoke = true;
    std::vector<std::string> exports = {"float32", "int8"};
    bool exportKey = false;
    std::string viewFrom = "device-1";
    std::string viewTo = "device-2";
};

template <class V>
void visit(V& v, ProliferateParams& p)
{
    v.field("model", p.model)
        .label("Pre-trained network")
        .group("Models")
        .help("The public base that every device starts from: a ConvMixer, a vision transformer or a "
              "convolutional network of a built-in architecture.");
    reporting::visitImages(v, p.images, "Drawn from the test split with the seed; all are attacked.");
    v.field("devices", p.devices)
        .label("Devices")
        .range(1, 100)
        .group("Fleet")
        .help("Each gets a key of its own, and weights tuned for it.");
    v.field("method", p.method)
        .label("Fine-tuning of the fleet")
        .choices(tuningNames(), tuningTitles())
        .group("Fleet")
        .help("Which weights a device has of its own.");
    v.field("rank", p.rank)
        .label("Rank r of LoRA")
        .range(1, 256)
        .group("Fleet")
        .help("Updates are scaled by α / r with α = 2 r.");
    visitScheme(v, p.scheme);
    visitLesson(v, p);
    v.field("cosine", p.lesson.cosine)
        .label("Cosine schedule")
        .advanced()
        .group("Training")
        .help("Else the rate falls in equal steps.");
    v.field("smoothing", p.lesson.smoothing)
        .label("Label smoothing")
        .range(0, 0.99)
        .advanced()
        .group("Training");
    v.field("methods", p.methods)
        .label("Compared methods")
        .minItems(0)
        .choices(tuningNames(), tuningTitles())
        .group("Comparison")
        .help("Each is trained once for the key of the first device, beside the fleet's.");
    v.field("ranks", p.ranks)
        .label("Compared ranks")
        .minItems(0)
        .range(1, 256)
        .group("Comparison")
        .help("LoRA of these ranks is trained for the key of the first device too.");
    visitAttack(v, p.attack);
    v.field("eps", p.eps)
        .label("ε")
        .unit("of [0,1]")
        .range(1e-6, 1)
        .group("Attack")
        .help("Radius of all attacks.");
    v.field("guesses", p.guesses)
        .label("Guessed keys")
        .range(1, 100)
        .group("Attack")
        .help("Over whose answers the attacker with a device's weights but not its key averages.");
    v.field("query_images", p.queryImages)
        .label("Images of Square")
        .unit("images")
        .range(0, 100000)
        .group("Attack")
        .help("Taken from the front of the drawn images; 0 leaves the attack by questions out.");
    v.field("queries", p.queries).label("Questions of Square").range(1, 1000000).group("Attack");
    v.field("permuted_stem", p.permutedStem)
        .label("Key-permuted first layer")
        .group("Comparison")
        .help("Makes two devices without any training, by moving their keys into the first layer, and shows "
              "that they share all their weaknesses. For SHF and NP with blocks as large as the patches.");
    v.field("revoke", p.revoke)
        .label("Revocation")
        .group("Fleet")
        .help("The key of the first device is lost: it is made anew, and attacked with what was stolen.");
    v.field("exports", p.exports)
        .label("Exported as TorchScript")
        .minItems(0)
        .choices({"float32", "int8"}, {"Weights in float32", "Weights in 8 bits"})
        .group("Export")
        .help("Every device as a file that LibTorch and PyTorch run without Assay.");
    v.field("export_key", p.exportKey)
        .label("Key inside the files")
        .advanced()
        .group("Export")
        .help("The files then take plain images, and whoever has one has its key. Else what runs a file "
              "encrypts the images first. For SHF and NP.");
    v.field("view_from", p.viewFrom)
        .label("Stolen device")
        .live()
        .group("View")
        .help("base, device-1, device-2, ...: whose adversarial images are shown.");
    v.field("view_to", p.viewTo)
        .label("Attacked device")
        .live()
        .group("View")
        .help("device-1, device-2, ...: whose answers and encrypted view are shown.");
}

} // namespace assay::encryption
